import { describe, expect, it } from "vitest";
import { describeUnavailable, planImage } from "./plan.ts";
import { isConnectionFailure, registryOf, shortenReason } from "./registry.ts";

const NOTHING = { upstreamPresent: false, localCurrent: false };

describe("plan of an image", () => {
  it.each([
    ["kafka", "auto", NOTHING, "pull-or-build"],
    ["kafka", "auto", { upstreamPresent: true, localCurrent: true }, "use-upstream"],
    ["kafka", "auto", { upstreamPresent: false, localCurrent: true }, "use-local"],
    ["kafka", "registry", { upstreamPresent: false, localCurrent: true }, "pull"],
    ["kafka", "registry", { upstreamPresent: true, localCurrent: false }, "use-upstream"],
    ["kafka", "local", { upstreamPresent: true, localCurrent: false }, "build"],
    ["kafka", "local", { upstreamPresent: true, localCurrent: true }, "use-local"],
    ["grafana", "auto", NOTHING, "pull-or-build"],
    ["grafana", "local", NOTHING, "unavailable"],
    ["grafana", "local", { upstreamPresent: true, localCurrent: false }, "use-upstream"],
    ["collector", "registry", NOTHING, "build"],
    ["collector", "auto", { upstreamPresent: false, localCurrent: true }, "use-local"],
  ] as const)("%s from %s with %j: %s", (...[component, source, facts, action]) => {
    expect(planImage(component, source, facts)).toBe(action);
  });

  it("says in one sentence why Grafana is left out", () => {
    expect(describeUnavailable("grafana", "no such host")).toMatch(
      /^grafana \S+ exists only as the image .* \(no such host\)/,
    );
  });
});

describe("registry", () => {
  it("finds the registry of a reference", () => {
    expect(registryOf("apache/kafka:4.2.0")).toBe("docker.io");
    expect(registryOf("redis:7")).toBe("docker.io");
    expect(registryOf("ghcr.io/linkedin/burrow/burrow:v1.9.6")).toBe("ghcr.io");
    expect(registryOf("localhost/x:1")).toBe("localhost");
    expect(registryOf("mirror:5000/x")).toBe("mirror:5000");
  });

  it("shortens the engine's sentence and tells a dead network from a missing tag", () => {
    const line =
      'Error response from daemon: Get "https://r.example/v2/": dial tcp: lookup r.example on 192.0.2.1:53: no such host';
    expect(shortenReason(line)).toBe("dial tcp: lookup r.example: no such host");
    expect(isConnectionFailure(shortenReason(line))).toBe(true);
    expect(isConnectionFailure("manifest for apache/kafka:9 not found: manifest unknown")).toBe(false);
  });
});
