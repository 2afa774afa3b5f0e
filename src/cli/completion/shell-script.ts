import { script } from "@bomb.sh/tab";
import type { Shell } from "./complete-words.ts";

/**
 * What a shell reads to complete the words of the program.
 * @param name the program's, as it is typed
 * @param executable how a shell calls it
 */
export function shellScript(shell: Shell, name: string, executable: string): string {
  const text = printed(() => script(shell, name, executable));
  return shell === "bash" ? forBash(text, executable) : text;
}

/** The library knows no other way to give its scripts than to print them. */
function printed(print: () => void): string {
  const { log } = console;
  const lines: string[] = [];
  console.log = (line: string) => lines.push(line);
  try {
    print();
  } finally {
    console.log = log;
  }
  return lines.join("\n");
}

/** The package bash-completion has a function for this, which is not everywhere. */
const WORDS = `# Function to split the line where bash-completion is not there
__godwit_words() {
    local before="\${COMP_LINE:0:COMP_POINT}"
    read -r -a words <<< "$before"
    [[ "$before" == *[[:space:]] || \${#words[@]} -eq 0 ]] && words+=("")
    cword=$((\${#words[@]} - 1))
    cur="\${words[cword]}"
    prev="\${words[cword > 0 ? cword - 1 : 0]}"
}
`;

const SPLIT = `if declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref -n "=:" cur prev words cword
    else
        __godwit_words
    fi
`;

/**
 * As the library's script stands, it wants bash-completion, cannot be read twice in one shell, runs what is typed as a part of a command,
 * does not know --flag=value, and sets a space behind a folder.
 */
function forBash(text: string, executable: string): string {
  return [
    [/^readonly /gm, ""],
    [/_get_comp_words_by_ref -n .*\n/, SPLIT],
    [/^# Function to debug completion$/m, `${WORDS}\n# Function to debug completion`],
    [
      `requestComp="${executable} complete -- \${words[@]:1}"`,
      `requestComp="${executable} complete -- $(printf '%q ' "\${words[@]:1}")"`,
    ],
    [/ {4}# Add an empty parameter if the last parameter is complete\n.*\n.*\n {4}fi\n/, ""],
    [/COMPREPLY=\( \$\(compgen -W .*\n/, REPLY],
  ].reduce((script, [from, to]) => replaced(script, from as string | RegExp, to as string), text);
}

/** Readline sees a word begin behind the =. */
const REPLY = `[[ "$cur" == -*=* ]] && cur="\${cur#*=}"
    COMPREPLY=( $(compgen -W "\${completions[*]}" -- "$cur") )
    if [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == */ ]]; then
        compopt -o nospace 2>/dev/null
    fi
`;

function replaced(text: string, from: string | RegExp, to: string): string {
  const changed = text.replace(from, () => to);
  if (changed === text) throw new Error(`the script of the library has no ${from}`);
  return changed;
}
