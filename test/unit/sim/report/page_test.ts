import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { html, raw } from "../../../../sim/report/html.ts";
import { reportHtml } from "../../../../sim/report/mod.ts";
import { PAGE_SCRIPT } from "../../../../sim/report/page_script.ts";
import { lockReport } from "./lock_file.ts";

Deno.test("html escapes texts in elements and attributes, and leaves HTML alone", () => {
  const text = `<b title='x' a="y">&`;
  assertEquals(
    html`<p title="${text}">${text}${[html`<i>${1}</i>`, undefined]}${raw("<hr>")}</p>`.text,
    `<p title="&lt;b title=&#39;x&#39; a=&quot;y&quot;&gt;&amp;">` +
      `&lt;b title=&#39;x&#39; a=&quot;y&quot;&gt;&amp;<i>1</i><hr></p>`,
  );
});

Deno.test("reportHtml() is one file: it loads nothing, and its policy lets only its own script run", async () => {
  const page = reportHtml(await lockReport());
  const markup = page.replace(PAGE_SCRIPT, "");
  assert(!/\b(src|href)="(?!#|data:)/.test(markup), "the page points at something outside");
  assert(!/@import|url\(/.test(markup), "the style sheet points at something outside");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(PAGE_SCRIPT));
  assertStringIncludes(
    page.replaceAll("&#39;", "'"),
    `script-src 'sha256-${new Uint8Array(digest).toBase64()}'`,
  );
  assertStringIncludes(page, `<script type="module">${PAGE_SCRIPT}</script>`);
});

Deno.test("PAGE_SCRIPT declares every name once, and has lost all imports", () => {
  const names = [...PAGE_SCRIPT.matchAll(/^(?:async )?(?:function|class|const|let) (\w+)/gm)]
    .map(([, name]) => name);
  assertEquals(names, [...new Set(names)]);
  assert(names.length > 50);
  assert(!/^(import|export) /m.test(PAGE_SCRIPT));
});
