# For finalize scripts: removes what no kept program needs.

# Keeps the programs whose paths stand on the input, the libraries which they need, and those that
# systemd opens with dlopen(), so that no program names them.
keep_only() {
    local keep section
    keep=$(mktemp)
    cat > "$keep"
    for library in "$BUILDROOT"/usr/lib/x86_64-linux-gnu/lib{blkid,cryptsetup,kmod,mount,tss2-esys,tss2-mu,tss2-rc,tss2-tcti-device}.so.*; do
        [ ! -e "$library" ] || echo "${library#"$BUILDROOT"}"
    done >> "$keep"
    xargs -a "$keep" mkosi-chroot ldd 2>/dev/null | sed -n 's/.*\(\/lib\(64\)\?\/[^ ]*\) (.*/\/usr\1/p' | sort -u >> "$keep"
    # A file is kept under each of its names.
    while read -r path; do
        [ ! -e "$BUILDROOT$path" ] || realpath "$BUILDROOT$path" | sed "s,^$BUILDROOT,,"
    done < "$keep" | sort -u | cat - "$keep" | sort -u > "$keep.all"
    for section in /usr/bin /usr/sbin /usr/lib/openssh /usr/lib/systemd /usr/lib/x86_64-linux-gnu; do
        [ ! -e "$BUILDROOT$section" ] ||
            find "$BUILDROOT$section" \( -type f -o -type l \) ! -path '*/systemd/system/*' -printf '%p\n'
    done | sed "s,^$BUILDROOT,," | sort | comm -23 - "$keep.all" | sed "s,^,$BUILDROOT," | xargs -d '\n' rm -f
}

# Keeps these of udev's rules, and removes its programs.
keep_udev_rules() {
    local keep=()
    for rule in "$@"; do keep+=(! -name "$rule"); done
    find "$BUILDROOT/usr/lib/udev" -type f "${keep[@]}" ! -name dmi_memory_id -delete
    find "$BUILDROOT/usr" -type d -empty -delete
}
