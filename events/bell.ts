// Wakes one loop that does whatever there is to do. One ring is remembered, so that what rings during the work is heard after it.

export interface Bell {
  ring(): void;
  /** Resolves when it rings, or at once when it has rung since it was heard. For one listener. */
  heard(): Promise<void>;
}

export function newBell(): Bell {
  let rung = Promise.withResolvers<void>();
  return {
    ring: () => rung.resolve(),
    async heard() {
      await rung.promise;
      rung = Promise.withResolvers();
    },
  };
}
