# Defines the function `elsewhere`, which prints which units do not print into systemd's journal, and by which settings. One of
# a unit's two outputs may be nowhere. A unit with a journal of its own (LogNamespace=) has only systemd's lines in this one.
elsewhere() {
  { systemctl show --no-pager --property=Id,StandardOutput,StandardError,LogNamespace -- "$@" 2> /dev/null || true; } | awk '
    function seen(value) { return value == "" || value ~ /^(journal|kmsg|syslog|inherit)/ }
    function tell(    out, err, where) {
      out = one["StandardOutput"]
      err = one["StandardError"] == "inherit" ? out : one["StandardError"]
      if (!seen(out)) where = "StandardOutput=" out
      if (!seen(err) && err != out) where = (where ? where ", " : "") "StandardError=" err
      if (one["LogNamespace"]) where = "LogNamespace=" one["LogNamespace"]
      else if (where ~ /=null/ && (seen(out) || seen(err))) where = ""
      if (where) print "elsewhere=" one["Id"] " " where
    }
    !NF { tell(); split("", one); next }
    { key = $0; sub(/=.*/, "", key); one[key] = substr($0, length(key) + 2) }
    END { tell() }'
}
