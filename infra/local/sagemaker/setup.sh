# Inside fresh user, mount and host name spaces: gives the command its own /opt/ml, host name and hosts file.
# $1 the container's directory, $2 "isolated" or "connected", $3 python, $4 loopback.py, then the command.
set -e
base=$1 network=$2 python=$3 loopback=$4
shift 4
if [ ! -d /opt/ml ]; then
  # /opt is not ours to write to: a scratch one that shows everything that was there, and ml
  mkdir -p "$base/opt"
  mount -t tmpfs tmpfs "$base/opt"
  for entry in /opt/* /opt/.[!.]*; do
    [ -e "$entry" ] || continue
    if [ -L "$entry" ]; then
      cp -P "$entry" "$base/opt/"
    elif [ -d "$entry" ]; then
      mkdir "$base/opt/${entry##*/}"
      mount --rbind "$entry" "$base/opt/${entry##*/}"
    else
      : > "$base/opt/${entry##*/}"
      mount --bind "$entry" "$base/opt/${entry##*/}"
    fi
  done
  mkdir "$base/opt/ml"
  mount --rbind "$base/opt" /opt
fi
mount --bind "$base/ml" /opt/ml
printf '127.0.0.1 localhost algo-1\n::1 localhost\n' > "$base/hosts"
mount --bind "$base/hosts" /etc/hosts
hostname algo-1
if [ "$network" = isolated ]; then
  "$python" -I -S "$loopback"
fi
exec "$@"
