import { version } from "../../package.json";

export const GODWIT_VERSION: string = version;
