import { createHash } from "node:crypto";
import { defineConfig, type Plugin } from "vite";

/** A service worker that keeps everything the page is made of, so that it works without a network. */
function offline(): Plugin {
  return {
    name: "offline",
    apply: "build",
    generateBundle(_, bundle) {
      const files = Object.keys(bundle).filter((name) => !name.endsWith(".map"));
      const hash = createHash("sha256");
      for (const name of files.sort()) {
        const item = bundle[name]!;
        hash.update(name).update(item.type === "chunk" ? item.code : item.source);
      }
      const version = hash.digest("hex").slice(0, 12);
      const kept = JSON.stringify(["./", ...files, "icon.svg", "manifest.webmanifest"]);
      this.emitFile({
        type: "asset",
        fileName: "sw.js",
        source: `const KEPT = "archsim-${version}";
self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(${kept})).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("archsim-") && name !== KEPT);
  event.waitUntil(
    caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  );
});
self.addEventListener("fetch", (event) => {
  if (event.request.method !== "GET") return;
  event.respondWith(
    caches.match(event.request, { ignoreSearch: true }).then((kept) => kept ?? fetch(event.request)),
  );
});
`,
      });
    },
  };
}

export default defineConfig({
  // Works from any folder of any host.
  base: "./",
  plugins: [offline()],
  worker: { format: "es" },
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
  server: { fs: { allow: ["../.."] } },
});
