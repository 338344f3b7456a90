// Dispatch is routing: every queue that Loom uses is named here. `instance` keeps installations on one cluster apart.

export const orchestratorQueue = (instance: string): string => `${instance}-orchestrator`;
export const llmQueue = (instance: string, provider: string): string => `${instance}-llm-${provider}`;
export const hubQueue = (instance: string): string => `${instance}-hub`;

/** Leases (fleet `agents`) and gates (fleet `verifier`) wait here for a host with a free slot. */
export const fleetQueue = (instance: string, fleet: string): string => `${instance}-fleet-${fleet}`;

/** Actions of runs that one host holds. */
export const hostQueue = (instance: string, hostId: string): string => `${instance}-host-${hostId}`;

/** Has slots of its own, so that a run can be stopped while every action slot hangs. */
export const hostControlQueue = (instance: string, hostId: string): string => `${instance}-host-${hostId}-control`;
