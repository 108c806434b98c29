/*
 * Reads blocks of a device in the guest, past its page cache, as it is asked on standard input. Static and
 * without a C library, so that it runs from memory whatever becomes of the disk. Integers are 32 or 64 bits,
 * little-endian.
 *
 * Begins:    u32 block size, u32 length of the device's path, the path        answer: u32 errno of open
 * Then:      u32 count, and as many u64 offsets in bytes                      answer: for each u32 errno, u32 CRC-32
 *            u32 0: let go of the verified hash blocks that the kernel holds  answer: u32 errno
 * Ends with its standard input.
 */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

enum { SYS_read = 0, SYS_write, SYS_open, SYS_close, SYS_pread64 = 17, SYS_exit = 60, SYS_mlockall = 151 };
enum { O_WRONLY = 1, O_DIRECT = 040000, MCL_CURRENT = 1, EIO = 5 };
enum { LARGEST_BLOCK = 512 << 10, LONGEST_PATH = 256, MOST_OFFSETS = 4096, DROPS = 3 };

/* What is asked and answered, and the block, where direct reads want it. */
static u64 offsets[MOST_OFFSETS];
static u32 answers[2 * MOST_OFFSETS];
static u32 crcs[256];
static u8 room[LARGEST_BLOCK + 4096];
static char path[LONGEST_PATH + 1];

static long call(long number, long a, long b, long c, long d) {
    long result;
    __asm__ volatile("mov %5, %%r10\n\tsyscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "g"(d)
                     : "rcx", "r10", "r11", "memory");
    return result;
}

static void leave(int code) {
    call(SYS_exit, code, 0, 0, 0);
}

static void take(void *to, u64 bytes) {
    u64 done = 0;
    while (done < bytes) {
        long got = call(SYS_read, 0, (long)to + done, bytes - done, 0);
        if (got <= 0) leave(got < 0 || done > 0);
        done += got;
    }
}

static void give(const void *from, u64 bytes) {
    u64 done = 0;
    while (done < bytes) {
        long put = call(SYS_write, 1, (long)from + done, bytes - done, 0);
        if (put <= 0) leave(1);
        done += put;
    }
}

static void make_crcs(void) {
    for (u32 byte = 0; byte < 256; byte++) {
        u32 crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
        crcs[byte] = crc;
    }
}

static u32 crc_of(const u8 *bytes, u64 count) {
    u32 crc = ~0u;
    for (u64 at = 0; at < count; at++) crc = crcs[(crc ^ bytes[at]) & 255] ^ crc >> 8;
    return ~crc;
}

static long put_text(const char *file, const char *text) {
    long to = call(SYS_open, (long)file, O_WRONLY, 0, 0);
    if (to < 0) return to;
    long put = call(SYS_write, to, (long)text, 1, 0);
    call(SYS_close, to, 0, 0, 0);
    return put < 0 ? put : 0;
}

/* The kernel's shrinker works in the background and lets go of the rest when it is asked again. */
static u32 evict(void) {
    long failed = put_text("/sys/module/dm_bufio/parameters/retain_bytes", "0");
    for (int drop = 0; drop < DROPS && failed == 0; drop++) failed = put_text("/proc/sys/vm/drop_caches", "2");
    return -failed;
}

static void answer_reads(long device, u32 count, u32 size) {
    u8 *block = (u8 *)(((u64)room + 4095) & ~4095ul);
    take(offsets, count * sizeof *offsets);
    for (u32 at = 0; at < count; at++) {
        long got = call(SYS_pread64, device, (long)block, size, offsets[at]);
        answers[2 * at] = got < 0 ? -got : got == size ? 0 : EIO;
        answers[2 * at + 1] = got == size ? crc_of(block, size) : 0;
    }
    give(answers, count * 2 * sizeof *answers);
}

void _start(void) {
    u32 head[2], count, failed;
    make_crcs();
    take(head, sizeof head);
    if (head[0] == 0 || head[0] > LARGEST_BLOCK || head[1] > LONGEST_PATH) leave(2);
    take(path, head[1]);
    /* A page of its own that had to be read again could not be, while the disk is broken. */
    call(SYS_mlockall, MCL_CURRENT, 0, 0, 0);
    long device = call(SYS_open, (long)path, O_DIRECT, 0, 0);
    failed = device < 0 ? -device : 0;
    give(&failed, sizeof failed);
    if (failed) leave(1);
    for (;;) {
        take(&count, sizeof count);
        if (count > MOST_OFFSETS) leave(2);
        if (count > 0) answer_reads(device, count, head[0]);
        else failed = evict(), give(&failed, sizeof failed);
    }
}
