import type { Store } from "./simulated-store.ts";

/** Where a test may write. The address is known only when the test runs, after the deployment is up. */
export function storeOfTests(index: string): Store {
  return {
    index,
    get url() {
      const url = process.env["LAGLINE_TEST_ELASTICSEARCH_URL"] ?? "";
      if (url === "") {
        throw new Error(
          "LAGLINE_TEST_ELASTICSEARCH_URL is not set: this test needs a real Elasticsearch. Run scripts/test, or set it to one you may write to.",
        );
      }
      return url;
    },
  };
}
