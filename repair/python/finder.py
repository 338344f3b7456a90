"""Loads the project's own modules from memory, a candidate's text in place of the file's."""

import importlib
import importlib.abc
import importlib.util
import os
import sys

from instrument import compiled


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, root):
        self.root = root
        self.edited = {}
        self.counting = False
        self.cache = {}
        self.loaded = set()

    def find_spec(self, name, path, target=None):
        tail = name.rpartition('.')[2]
        for folder in path if path is not None else sys.path:
            folder = os.path.abspath(folder or '.')
            if not self.owns(folder):
                continue
            package = os.path.join(folder, tail, '__init__.py')
            module = os.path.join(folder, tail + '.py')
            for file, inner in ((package, [os.path.dirname(package)]), (module, None)):
                if os.path.isfile(file):
                    return importlib.util.spec_from_file_location(
                        name, file, loader=self, submodule_search_locations=inner
                    )
        return None

    def owns(self, folder):
        """Whether it is the project's: inside it and not installed there."""
        if folder != self.root and not folder.startswith(self.root + os.sep):
            return False
        return 'site-packages' not in folder and 'dist-packages' not in folder

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        path = module.__spec__.origin
        file = os.path.relpath(path, self.root)
        self.loaded.add(file)
        text = self.edited.get(file)
        if text is not None:
            code = compiled(file, path, text, False)
        else:
            key = (file, self.counting)
            if key not in self.cache:
                with open(path, encoding='utf-8') as stream:
                    self.cache[key] = compiled(file, path, stream.read(), self.counting)
            code = self.cache[key]
        exec(code, module.__dict__)

    def forget(self):
        """Drops the project's modules, so that the next import runs them again."""
        for name, module in list(sys.modules.items()):
            if isinstance(getattr(getattr(module, '__spec__', None), 'loader', None), Finder):
                del sys.modules[name]
        importlib.invalidate_caches()


def module_name(root, file):
    """How test runners import the file: from the first folder above it that is no package, or from the root."""
    parts = file[:-3].split('/')
    folders = [os.path.join(root, *parts[:i]) for i in range(len(parts))]
    if os.path.exists(os.path.join(root, parts[0], '__init__.py')) or len(parts) == 1:
        return '.'.join(parts)
    top = len(parts) - 1
    while top > 0 and os.path.exists(os.path.join(folders[top], '__init__.py')):
        top -= 1
    if folders[top] not in sys.path:
        sys.path.insert(0, folders[top])
    return '.'.join(parts[top:])
