/** Reason codes where there is little room: they break after an underscore. */
import { h } from "../../ui/dom.js";

export function codeText(code) {
  return h("code", { class: "wrap" }, code.split(/(?<=_)/).flatMap((part) => [h("wbr"), part]));
}
