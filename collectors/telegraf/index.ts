export { createTelegrafShape } from "./shape.ts";
export { scrapeDocument } from "./scrape-document.ts";
export { telegrafReadings, TELEGRAF_MEASUREMENTS } from "./options.ts";
export type { TelegrafShapeOptions } from "./options.ts";
