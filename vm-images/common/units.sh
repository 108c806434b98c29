# For finalize scripts: enables and masks units. Here and not in a tree of files, because masks there
# break `systemctl preset-all`.

units="$BUILDROOT/etc/systemd/system"

# wants TARGET UNIT [FILE]: the target pulls in the unit, whose file is one of /etc unless said.
wants() { mkdir -p "$units/$1.wants" && ln -sf "${3:-/etc/systemd/system/$2}" "$units/$1.wants/$2"; }

mask() { for unit in "$@"; do ln -sf /dev/null "$units/$unit"; done; }

# after UNIT OTHER…
after() { mkdir -p "$units/$1.d" && printf '[Unit]\nAfter=%s\n' "${*:2}" > "$units/$1.d/after.conf"; }
