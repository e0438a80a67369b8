import data from "./page/data.js" with { type: "text" };
import details from "./page/details.js" with { type: "text" };
import dom from "./page/dom.js" with { type: "text" };
import draw from "./page/draw.js" with { type: "text" };
import filter from "./page/filter.js" with { type: "text" };
import geometry from "./page/geometry.js" with { type: "text" };
import keys from "./page/keys.js" with { type: "text" };
import main from "./page/main.js" with { type: "text" };
import navigate from "./page/navigate.js" with { type: "text" };
import scale from "./page/scale.js" with { type: "text" };
import shapes from "./page/shapes.js" with { type: "text" };
import story from "./page/story.js" with { type: "text" };
import theme from "./page/theme.js" with { type: "text" };
import timeline from "./page/timeline.js" with { type: "text" };
import viewer from "./page/viewer.js" with { type: "text" };

/**
 * The script of the page: its modules one after the other, each after those that it imports. A page from
 * a file cannot import others, so they share one scope, and no two of them may export the same name.
 */
export const PAGE_SCRIPT: string = [
  dom,
  data,
  scale,
  filter,
  story,
  navigate,
  theme,
  geometry,
  shapes,
  draw,
  details,
  timeline,
  viewer,
  keys,
  main,
].map(inlined).join("\n");

/** Without what only tools and the module loader want. */
function inlined(source: string): string {
  return source
    .replaceAll(/^(\/\/ @ts-check|\/\/\/ <reference.*|\/\*\* @import .*)\n/gm, "")
    .replaceAll(/^import [^;]+;\n/gm, "")
    .replaceAll(/^export /gm, "")
    .trim();
}
