import { describe, expect, it } from "vitest";
import {
  findDebianMirrors,
  parseDeb822Sources,
  parseOneLineSources,
  renderSources,
  selectTransportOptions,
} from "./apt-sources.ts";

const DEB822 = `# A comment
Types: deb deb-src
# another
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/mirror.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
Enabled: no
URIs: http://disabled.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm
Components: main
`;

describe("apt sources", () => {
  it("reads paragraphs and leaves out disabled ones and source packages", () => {
    const sources = parseDeb822Sources(DEB822);
    expect(sources.map((source) => source.uris)).toEqual([
      ["http://mirror.example/debian"],
      ["http://mirror.example/debian-security"],
    ]);
    expect(sources[0]?.suites).toEqual(["bookworm", "bookworm-updates"]);
    expect(sources[0]?.signedBy).toBe("/usr/share/keyrings/mirror.gpg");
  });

  it("does not take an inline key for a path", () => {
    const text =
      "Types: deb\nURIs: http://m.example/debian\nSuites: x\nComponents: main\nSigned-By:\n -----BEGIN PGP-----\n .\n abc\n";
    const [source] = parseDeb822Sources(text);
    expect(source).toEqual({ uris: ["http://m.example/debian"], suites: ["x"], components: ["main"] });
  });

  it("reads one-line sources with and without options", () => {
    const text = `# deb http://old.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] https://m.example/debian bookworm main contrib # here
deb-src https://m.example/debian bookworm main
deb https://m.example/sec bookworm-security main
`;
    expect(parseOneLineSources(text)).toEqual([
      {
        uris: ["https://m.example/debian"],
        suites: ["bookworm"],
        components: ["main", "contrib"],
        signedBy: "/k.gpg",
      },
      { uris: ["https://m.example/sec"], suites: ["bookworm-security"], components: ["main"] },
    ]);
  });
});

describe("mirrors", () => {
  it("takes the mirror that the Debian host itself uses", () => {
    const mirrors = findDebianMirrors(parseDeb822Sources(DEB822), { id: "debian", codename: "bookworm" });
    expect(mirrors).toEqual({
      main: "http://mirror.example/debian",
      security: "http://mirror.example/debian-security",
      signedBy: "/usr/share/keyrings/mirror.gpg",
    });
  });

  it("leaves the choice to mmdebstrap on a host that is no Debian or names no mirror", () => {
    expect(
      findDebianMirrors(parseDeb822Sources(DEB822), { id: "ubuntu", codename: "bookworm" }),
    ).toBeUndefined();
    expect(findDebianMirrors([], { id: "debian", codename: "bookworm" })).toBeUndefined();
  });

  it("asks for the release, its updates and its security fixes", () => {
    expect(renderSources({ main: "http://m/d", security: "http://m/s", signedBy: "/k.gpg" }, "trixie")).toBe(
      "deb [signed-by=/k.gpg] http://m/d trixie main\n" +
        "deb [signed-by=/k.gpg] http://m/d trixie-updates main\n" +
        "deb [signed-by=/k.gpg] http://m/s trixie-security main\n",
    );
  });
});

describe("transport options", () => {
  it("keeps proxy, certificates and validity, and nothing else", () => {
    const dump = `APT::Install-Recommends "1";
Acquire "";
Acquire::http "";
Acquire::http::Proxy "http://proxy.example:3128";
Acquire::https::CaInfo "/etc/ssl/ca.pem";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
DPkg::Post-Invoke:: "rm -rf x";
`;
    expect(selectTransportOptions(dump).split("\n")).toEqual([
      'Acquire::http::Proxy "http://proxy.example:3128";',
      'Acquire::https::CaInfo "/etc/ssl/ca.pem";',
      'Acquire::Check-Valid-Until "false";',
    ]);
  });
});
