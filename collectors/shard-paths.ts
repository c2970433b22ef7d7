/** Where the health server gives the parts of a shard; apart, so that a collector that asks nobody loads no client. */
export const PARTS_PATH = "/shard";
