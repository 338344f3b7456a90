// Task queues of the bare workflow, apart from every installation's.
export const BARE_QUEUES = { workflows: 'bare-workflows', activities: 'bare-activities' } as const;
