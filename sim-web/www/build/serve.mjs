// Serves a folder on this machine: any other server of static files does as well.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
};

/** Serves `folder` below `prefix`; resolves with the server once it listens. */
export function serve(folder, port, prefix = "/") {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    if (!pathname.startsWith(prefix)) {
      response.writeHead(404).end();
      return;
    }
    const inner = normalize(decodeURIComponent(pathname.slice(prefix.length))).replace(/^(\.\.[/\\])+/, "");
    const file = join(folder, inner === "." || inner.endsWith("/") ? join(inner, "index.html") : inner);
    try {
      const body = await readFile(file);
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end("not found");
    }
  });
  return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(server)));
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [, , folder, port] = process.argv;
  await serve(folder, Number(port));
  console.log(`http://localhost:${port}/ (Ctrl-C ends it)`);
}
