"""Another variable that may be read here and holds values of the same kind; an element or the length of one."""

import ast


def variables(here, node):
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.field != 'func':
        end = here.source.span(node)[1]
        seen = {node.attr}
        for other in ast.walk(here.source.tree):
            if isinstance(other, ast.Attribute) and other.attr not in seen and other.field != 'func' and len(seen) < 20:
                seen.add(other.attr)
                yield 0.25, 'property', [(end - len(node.attr), end, other.attr)]
    if not isinstance(node, ast.Name):
        return
    found, functions = here.visible(node)
    if node.id not in found and not (node.field == 'func' and node.id in functions):
        return
    target = isinstance(node.ctx, ast.Store)
    own = here.kinds.get(node.id, ())
    options = []
    for name, local in found.items():
        if name == node.id:
            continue
        other = here.kinds.get(name, ())
        fits = not own or not other or set(own) & set(other)
        options.append((0.04 if not fits else (1 if local else 0.5) * (1 if own and other else 0.6), name))
    options.sort(key=lambda option: -option[0])
    fitting = max(1, sum(weight > 0.3 for weight, _ in options))
    base = 0.6 / fitting**0.5 * (0.7 if target else 1)
    if target and not isinstance(node.parent, (ast.Assign, ast.AugAssign)):
        return
    for weight, name in options[:24]:
        yield here.put(node, name, min(0.5, base * weight), 'variable')
    if not here.is_value(node):
        return
    if 'list' in own or 'string' in own:
        yield here.put(node, f'len({node.id})', base * 0.4, 'element')
    for name in list(found)[:8]:
        if 'number' in own and 'list' in here.kinds.get(name, ()):
            yield here.put(node, f'{name}[{node.id}]', base * 0.35, 'element')
            yield here.put(node, f'len({name})', base * 0.3, 'element')
        if 'list' in own and 'number' in here.kinds.get(name, ()):
            yield here.put(node, f'{node.id}[{name}]', base * 0.3, 'element')
