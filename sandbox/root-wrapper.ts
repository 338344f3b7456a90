// For a Loom that runs as root. Inside, its user maps to the host's root, who owns the device nodes that every sandbox has to
// share with the host: `chmod 0 /dev/null` would reach the host. So they are made read-only first, in a mount namespace of
// the command's own; a device can still be written to through a read-only mount, only its mode and times are out of reach.

const SCRIPT = [
  'for node in null zero full random urandom tty; do mount --bind -o ro /dev/$node /dev/$node || exit 125; done',
  'exec "$@"',
].join('; ');

/** What goes before bubblewrap's own command line; empty for any other user, who owns no device. */
export function rootWrapper(uid: number | undefined): readonly string[] {
  if (uid !== 0) return [];
  return ['/usr/bin/unshare', '--mount', '--propagation', 'private', '--', '/bin/sh', '-c', SCRIPT, 'sh'];
}
