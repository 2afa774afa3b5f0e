/** `scheme://user:password@`: a password may hold anything but white space, an @ too. */
const USER_INFO = /\b([a-z][a-z0-9+.-]+:\/\/)\S*@/gi;
/** Parameters and fragment of anything that has the shape of a URL; a quote or a comma that ends it is none of it. */
const PARAMETERS = /\b([a-z][a-z0-9+.-]+:[^\s?#]+)([?#])\S+?(?=["'),;.]*(?:\s|$))/gi;

/** Text without what could be a secret: user and password, parameters and fragment of URLs. */
export function withoutSecrets(text: string): string {
  if (!text.includes(":")) return text;
  return text.replace(USER_INFO, "$1***@").replace(PARAMETERS, "$1$2***");
}
