/** What may not reach a terminal: all control characters but the line break, and what reorders text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
export const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
