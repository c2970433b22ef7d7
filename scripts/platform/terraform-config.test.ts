import { describe, expect, it } from "vitest";
import { providerFolder, renderTerraformConfig, terraformPlatform } from "./terraform-config.ts";
import { parseTerraformVersion } from "./terraform.ts";

const MIRROR = { mirrorFolder: "/cache/mirror", providerSource: "kreuzwerker/docker" };

describe("Terraform CLI configuration", () => {
  it("sends only the Docker provider to the mirror", () => {
    expect(renderTerraformConfig(MIRROR)).toBe(`# Written by Lagline; it is written again on every run.
provider_installation {
  filesystem_mirror {
    path    = "/cache/mirror"
    include = ["registry.terraform.io/kreuzwerker/docker"]
  }
  direct {
    exclude = ["registry.terraform.io/kreuzwerker/docker"]
  }
}
`);
  });

  it("keeps the person's credentials and drops their provider_installation", () => {
    const ownConfig = `credentials "app.example" { token = "a}b" }
provider_installation {
  # a brace in a comment }
  network_mirror { url = "https://m.example/{x}/" }
}
plugin_cache_dir = "/x"
`;
    const text = renderTerraformConfig({ ...MIRROR, ownConfig });
    expect(text).toContain('credentials "app.example" { token = "a}b" }');
    expect(text).toContain('plugin_cache_dir = "/x"');
    expect(text).not.toContain("network_mirror");
    expect(text.match(/provider_installation/g)).toHaveLength(1);
  });

  it("names folders and platforms as Terraform does", () => {
    expect(providerFolder("kreuzwerker/docker", "4.6.1-dev", "linux_amd64")).toBe(
      "registry.terraform.io/kreuzwerker/docker/4.6.1-dev/linux_amd64",
    );
    expect(terraformPlatform({ platform: "linux", arch: "x64" })).toBe("linux_amd64");
    expect(terraformPlatform({ platform: "linux", arch: "arm64" })).toBe("linux_arm64");
  });
});

describe("Terraform version", () => {
  it("reads terraform and OpenTofu alike, and nothing from other output", () => {
    expect(parseTerraformVersion('{"terraform_version":"1.11.4","platform":"linux_amd64"}')).toBe("1.11.4");
    expect(parseTerraformVersion("Terraform v0.12.0")).toBeUndefined();
  });
});
