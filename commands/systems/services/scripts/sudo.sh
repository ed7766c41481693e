# Defines the function `sudo_rules`, which prints the path of a program, and what sudo lets this user run, as sudo lists it
# without a password. It runs nothing.
sudo_rules() {
  printf 'now=program=%s\n' "$(command -v "$1" || true)"
  { LC_ALL=C sudo -n -l 2>&1 || true; } | while IFS= read -r line; do printf 'now=sudo=%s\n' "$line"; done
}
