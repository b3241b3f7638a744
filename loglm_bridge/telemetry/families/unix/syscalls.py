"""System call numbers of x86-64 that security rules watch. Source: arch/x86/entry/syscalls/syscall_64.tbl."""

from __future__ import annotations

from collections.abc import Mapping

#: Number as text -> name.
SYSCALLS: Mapping[str, str] = {
    "0": "read", "1": "write", "2": "open", "3": "close", "4": "stat", "9": "mmap", "10": "mprotect",
    "41": "socket", "42": "connect", "43": "accept", "44": "sendto", "45": "recvfrom", "46": "sendmsg",
    "49": "bind", "50": "listen", "54": "setsockopt", "56": "clone", "57": "fork", "58": "vfork", "59": "execve",
    "62": "kill", "76": "truncate", "77": "ftruncate", "80": "chdir", "82": "rename", "83": "mkdir", "84": "rmdir",
    "85": "creat", "86": "link", "87": "unlink", "88": "symlink", "89": "readlink", "90": "chmod", "91": "fchmod",
    "92": "chown", "93": "fchown", "94": "lchown", "101": "ptrace", "105": "setuid", "106": "setgid",
    "113": "setreuid", "114": "setregid", "117": "setresuid", "119": "setresgid", "126": "capset", "132": "utime",
    "133": "mknod", "155": "pivot_root", "157": "prctl", "159": "adjtimex", "160": "setrlimit", "161": "chroot",
    "164": "settimeofday", "165": "mount", "166": "umount2", "167": "swapon", "169": "reboot", "170": "sethostname",
    "171": "setdomainname", "175": "init_module", "176": "delete_module", "188": "setxattr", "189": "lsetxattr",
    "190": "fsetxattr", "197": "removexattr", "227": "clock_settime", "235": "utimes", "246": "kexec_load",
    "257": "openat", "258": "mkdirat", "260": "fchownat", "263": "unlinkat", "264": "renameat", "265": "linkat",
    "266": "symlinkat", "268": "fchmodat", "269": "faccessat", "272": "unshare", "280": "utimensat",
    "288": "accept4", "304": "open_by_handle_at", "308": "setns", "310": "process_vm_readv",
    "311": "process_vm_writev", "313": "finit_module", "316": "renameat2", "319": "memfd_create",
    "320": "kexec_file_load", "321": "bpf", "322": "execveat", "437": "openat2",
}  # fmt: skip
