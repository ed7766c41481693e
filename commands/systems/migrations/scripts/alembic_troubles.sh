# Two heads of the code in this folder: `upgrade head` refuses them in these words. Other lines are of its env.py.
heads=$($PROGRAM heads | awk '/^[^ ]+( \([^()]*\))* \((effective )?head\)/ {print $1}' | sort)
[ "$(grep -c . <<< "$heads")" -lt 2 ] ||
  printf 'gonogo-migration-trouble=Multiple head revisions are present: %s\n' "$(paste -sd ' ' <<< "$heads" | sed 's/ /, /g')"
