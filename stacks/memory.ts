/** Memory limits of containers that have no setting for it, in MB. */
export const CANARY_MEGABYTES = 160;
export const DEMO_MEGABYTES = 384;
