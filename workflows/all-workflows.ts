// Entry of the workflow bundle: the workflow types that Loom's orchestrator serves.
export { agentRunWorkflow } from './agent-run-workflow.ts';
export { beadWorkflow } from './bead-workflow.ts';
export { hostCommandWorkflow } from './host-command-workflow.ts';
export { reconcileWorkflow } from './reconcile-workflow.ts';
