import type { AxiosInstance } from "axios";
import { plainHttp, testElasticsearch } from "../support/elasticsearch.ts";
import type { Store } from "./simulated-store.ts";

/** Where a test may write. The address is known only when the test runs, after the deployment is up. */
export function storeOfTests(index: string): Store {
  let http: AxiosInstance | undefined;
  return {
    index,
    get http() {
      return (http ??= plainHttp(testElasticsearch()));
    },
  };
}
