# For finalize scripts: sshd with the host key that the build adds.
source "$SRCDIR/common/units.sh"

enable_ssh() {
    wants multi-user.target cvm-network.service
    wants multi-user.target ssh.service /usr/lib/systemd/system/ssh.service
    ln -sf /usr/lib/systemd/system/multi-user.target "$units/default.target"
    # SSH answers only when the last phase is measured: who can log in sees final PCR values.
    after ssh.service systemd-pcrphase.service cvm-network.service
    # Says when it is worth to connect: earlier attempts pile up in QEMU's user network.
    after cvm-stage@ready.service ssh.service
    wants multi-user.target cvm-stage@ready.service /etc/systemd/system/cvm-stage@.service
    rm -f "$BUILDROOT"/etc/ssh/ssh_host_{ecdsa,rsa}_key* "$BUILDROOT/etc/ssh/moduli"
    # Without libbpf systemd attaches no BPF programs, which takes three seconds under emulation.
    rm -f "$BUILDROOT"/usr/lib/x86_64-linux-gnu/libbpf.so*
}
