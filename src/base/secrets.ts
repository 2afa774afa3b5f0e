/**
 * From the scheme of a URL to the next white space: as far as it can reach. Each match takes all of it, so that the time grows with the text and
 * no faster, whatever it holds. A scheme is short.
 */
const ADDRESS = /\b([a-z][a-z0-9+.-]{1,40}:\/\/)\S*/gi;
/** The same for anything that has the shape of a URL, `file:app.db?key=…` too. */
const URL_LIKE = /\b[a-z][a-z0-9+.-]{1,40}:[^\s?#]\S*/gi;
const CLOSES_WORD = new Set(['"', "'", ")", ",", ";", "."]);

/** Text without what could be a secret: user and password, parameters and fragment of URLs. */
export function withoutSecrets(text: string): string {
  if (!text.includes(":")) return text;
  return text.replace(ADDRESS, withoutUser).replace(URL_LIKE, withoutParameters);
}

/** A password may hold anything but white space, an @ too. */
function withoutUser(url: string, scheme: string): string {
  const at = url.lastIndexOf("@");
  return at === -1 ? url : `${scheme}***${url.slice(at)}`;
}

/** A quote or a comma that ends a URL is none of it. */
function withoutParameters(url: string): string {
  const start = url.search(/[?#]/) + 1;
  if (start === 0 || start === url.length) return url;
  let end = url.length;
  while (end > start + 1 && CLOSES_WORD.has(url[end - 1]!)) end--;
  return `${url.slice(0, start)}***${url.slice(end)}`;
}
