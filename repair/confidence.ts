// How far to trust a patch that turned the tests green. Tests seldom say everything: the more differing patches satisfy them, the
// less they decide, and the weight of each patch says how likely it was before the tests spoke.

export interface Green {
  readonly weight: number;
  /** Results on probe inputs; equal lists mean the same repair. Empty when nothing could be probed. */
  readonly behaviour: readonly string[];
}

export interface Group {
  /** Positions in the given list, best first. */
  readonly members: readonly number[];
  readonly weight: number;
}

/** Patches that behave alike on every probe, the heaviest group first. Without probes each patch is a group of its own. */
export function groupByBehaviour(greens: readonly Green[]): Group[] {
  const groups = new Map<string, number[]>();
  greens.forEach(({ behaviour }, i) => {
    const key = behaviour.length === 0 ? `alone ${i}` : JSON.stringify(behaviour);
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  const weightOf = (i: number): number => greens[i]?.weight ?? 0;
  return [...groups.values()]
    .map((members) => {
      const sorted = members.toSorted((a, b) => weightOf(b) - weightOf(a));
      // Ten ways to write one repair do not make it ten times as likely; the further ones count for little.
      const weight = sorted.reduce((sum, i, n) => sum + weightOf(i) / 2 ** n, 0);
      return { members: sorted, weight };
    })
    .sort((a, b) => b.weight - a.weight);
}

export interface Evidence {
  /** Share of the winner's group in the weight of all green groups, 0..1. */
  readonly share: number;
  /** Prior of the winner on the operators' common scale, 0..1. */
  readonly weight: number;
  /** Tests that were red and are green. */
  readonly fixed: number;
  /** Tests that pass before and after and execute the changed place. */
  readonly guarded: number;
  /** Documented examples that the repair fulfils and does not fulfil. */
  readonly agreed: number;
  readonly disagreed: number;
}

/**
 * 0..1. Three doubts multiply: that another repair was meant (share), that the change is a far-fetched one which fits by accident (weight:
 * below about 0.3 an operator has many siblings), and that too little was tested. Shaped on bugs whose tests were partly hidden.
 */
export function confidence({ share, weight, fixed, guarded, agreed, disagreed }: Evidence): number {
  // One failing test leaves the choice between rivals to the operators' priors; several tests have made it.
  const rivals = Math.max(0, Math.min(1, share)) ** (fixed > 1 ? 0.7 : 1.2);
  // Examples that the author wrote down are no accident: a far-fetched change that fulfils them is believed sooner.
  const farFetched = Math.min(1, 0.3 + 2.5 * weight) ** (agreed > disagreed ? 0.5 : 1);
  const checks = fixed + 0.5 * Math.min(guarded, 4) + 0.7 * Math.min(agreed, 4);
  const tested = 1 - 0.45 ** checks;
  const contradicted = disagreed > agreed ? 0.8 : 1;
  return rivals * farFetched * tested * contradicted;
}

/** How much likelier a patch is for what it does with the documented examples. Comments are wrong now and then, hence not 0. */
export function documentedFactor(agreed: number, disagreed: number): number {
  const known = agreed + disagreed;
  return known === 0 ? 1 : Math.max(0.05, (agreed / known) ** 2);
}
