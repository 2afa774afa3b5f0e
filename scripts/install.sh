#!/bin/sh
# Puts the godwit executable of a release in place, after checking its sum.
#
#   install.sh --from FOLDER_OR_URL [--to FOLDER] [--target NAME]
#
# --from    where the release lies: a folder, or a URL that its files' names can be added to
# --to      where the executable goes (/usr/local/bin)
# --target  another platform's, such as linux-x64-musl
set -eu

from=${GODWIT_RELEASE:-}
to=/usr/local/bin
target=

fail() {
  echo "install.sh: $1" >&2
  exit "${2:-1}"
}

while [ $# -gt 0 ]; do
  case $1 in
    --from | --to | --target)
      [ $# -ge 2 ] || fail "$1 needs a value" 2
      case $1 in
        --from) from=$2 ;;
        --to) to=$2 ;;
        --target) target=$2 ;;
      esac
      shift 2
      ;;
    -h | --help)
      sed -n '2,9s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    *) fail "unknown argument $1; see --help" 2 ;;
  esac
done
[ -n "$from" ] || fail "say where the release lies: --from FOLDER_OR_URL" 2

platform() {
  case $(uname -s) in
    Linux) system=linux ;;
    Darwin) system=darwin ;;
    *) fail "no release for $(uname -s); name one with --target" ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) cpu=x64 ;;
    aarch64 | arm64) cpu=arm64 ;;
    *) fail "no release for $(uname -m); name one with --target" ;;
  esac
  musl=
  # glibc's loader lies beside musl's where both are installed.
  if [ $system = linux ] && [ ! -e /lib64/ld-linux-x86-64.so.2 ] && [ ! -e /lib/ld-linux-aarch64.so.1 ]; then
    if ls /lib/ld-musl-* >/dev/null 2>&1; then musl=-musl; fi
  fi
  echo "$system-$cpu$musl"
}

fetch() { # name, file
  case $from in
    http://* | https://*)
      if command -v curl >/dev/null; then
        curl -fsSL "$from/$1" -o "$2" || fail "$from/$1 cannot be fetched"
      elif command -v wget >/dev/null; then
        wget -q "$from/$1" -O "$2" || fail "$from/$1 cannot be fetched"
      else
        fail "curl or wget is needed to fetch $from/$1"
      fi
      ;;
    *) cp "${from#file://}/$1" "$2" || fail "there is no $from/$1" ;;
  esac
}

sum() {
  if command -v sha256sum >/dev/null; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif command -v shasum >/dev/null; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  else
    fail "sha256sum or shasum is needed to check what was fetched"
  fi
}

[ -n "$target" ] || target=$(platform)
from=${from%/}
name=godwit-$target
final=godwit
case $target in windows-*)
  name=$name.exe
  final=godwit.exe
  ;;
esac

[ ! -d "$to/$final" ] || fail "$to/$final is a folder"
mkdir -p "$to" || fail "$to cannot be made"
work=$(mktemp -d "$to/.godwit.XXXXXX") || fail "nothing can be written in $to"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

fetch SHA256SUMS "$work/sums"
expected=$(awk -v name="$name.gz" '$2 == name { print $1 }' "$work/sums")
[ -n "$expected" ] || fail "the release has no $name.gz"
fetch "$name.gz" "$work/$final.gz"
actual=$(sum "$work/$final.gz")
[ "$actual" = "$expected" ] || fail "$name.gz is not what the release names: its sum is $actual, not $expected"

gzip -d "$work/$final.gz" || fail "$name.gz cannot be unpacked"
chmod 755 "$work/$final"
# A rename, so that a program that is running keeps its file and nobody meets half of one.
mv -f "$work/$final" "$to/$final" || fail "$to/$final cannot be replaced"
echo "$to/$final"
