# Defines `watching PID…`, which prints by which option the first of them, or of those below it, starts anew whenever files change;
# nothing else of its command leaves the host.
watching() {
  local pid below
  for pid; do
    below=$(cat "/proc/$pid/task/$pid/children") || below=
    for pid in "$pid" $below; do tr '\0' ' ' < "/proc/$pid/cmdline" && echo; done
  done 2> /dev/null | sed -nE '
    /--noreload/d
    s/^(.*[ /])?(uvicorn|gunicorn|hypercorn|granian|flask) (.* )?--reload( .*)?$/\2 --reload/p
    s/^(.*[ /])?manage[.]py runserver( .*)?$/manage.py runserver/p
    s/^(.*[ /])?node (.* )?--watch( .*)?$/node --watch/p
    s/^(.*[ /])?(next dev|tsx watch|watchmedo auto-restart|ts-node-dev|nodemon)( .*)?$/\2/p' | head -n 1 || true
}
