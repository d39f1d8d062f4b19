/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* struct ucred, pipe2, SCM_CREDENTIALS */
#include "fuzz/process.h"
#include "fuzz/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINE   8192 /* bytes of a line that are kept */
#define ERRORS 512  /* bytes of standard error that are kept */
#define SLICE  100  /* milliseconds between looks at a process that says nothing */
#define MEMORY 3    /* file descriptor of the shared memory in the process */

static const char memory_name[] = "SIGMACERT_MEMORY=/proc/self/fd/3";

struct sc_process {
    pid_t leader, speaker;
    int socket, errors;
    bool closed; /* its output */
    char in[LINE];
    size_t in_bytes;       /* in `in`, from its start */
    char line[LINE];       /* the present line */
    size_t line_bytes;     /* of all of it, kept or not */
    char said[ERRORS + 1]; /* the end of standard error */
    size_t said_bytes;
    int64_t largest; /* resident bytes */
};

extern char **environ;

/* The environment with the name of the memory. NULL: no memory. */
static char **make_environment(void)
{
    size_t count = 0, used = 0;

    while (environ != NULL && environ[count] != NULL) {
        count++;
    }
    char **made = calloc(count + 2, sizeof *made);
    for (size_t n = 0; made != NULL && n < count; n++) {
        if (strncmp(environ[n], memory_name, strlen("SIGMACERT_MEMORY=")) != 0) {
            made[used++] = environ[n];
        }
    }
    if (made != NULL) {
        made[used] = (char *)(uintptr_t)memory_name; /* execve writes to none of them */
    }
    return made;
}

/* In the child, after fork: only what is safe in a child of a process with threads. */
static _Noreturn void become(const char *command, char **environment, int channel, int errors,
                             int file, pid_t parent)
{
    char *const arguments[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
                               (char *)(uintptr_t)command, NULL};
    const int from[4] = {fcntl(channel, F_DUPFD, 16), fcntl(channel, F_DUPFD, 16),
                         fcntl(errors, F_DUPFD, 16), fcntl(file, F_DUPFD, 16)};
    const struct rlimit none = {0, 0};
    sigset_t nothing;
    bool ready = setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;

    for (int n = 0; n < 4; n++) {
        ready = ready && from[n] >= 0 && dup2(from[n], n) == n;
    }
    (void)syscall(SYS_close_range, MEMORY + 1, ~0u, 0);
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)sigemptyset(&nothing);
    (void)sigprocmask(SIG_SETMASK, &nothing, NULL);
    if (ready && getppid() == parent) {
        (void)execve("/bin/sh", arguments, environment);
    }
    _exit(127);
}

enum sc_status sc_process_create(const char *command, int file, struct sc_process **created,
                                 struct sc_error *error)
{
    struct sc_process *process = calloc(1, sizeof *process);
    char **environment = make_environment();
    int channel[2] = {-1, -1}, errors[2] = {-1, -1};
    const pid_t parent = getpid();
    const int yes = 1;
    enum sc_status status = SC_OK;

    if (process == NULL || environment == NULL) {
        status = sc_fail(error, SC_E_MEMORY, "worker: no memory");
        goto done;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0 ||
        pipe2(errors, O_CLOEXEC) != 0 ||
        setsockopt(channel[0], SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) != 0 ||
        fcntl(errors[0], F_SETFL, O_NONBLOCK) != 0 || (process->leader = fork()) < 0) {
        status =
            sc_fail(error, SC_E_UNAVAILABLE, "worker: cannot start a process: %s", strerror(errno));
        goto done;
    }
    if (process->leader == 0) {
        become(command, environment, channel[1], errors[1], file, parent);
    }
    (void)setpgid(process->leader, process->leader); /* the child does so too: whoever is first */
    process->speaker = process->leader;
    process->socket = channel[0];
    process->errors = errors[0];
    *created = process;
    channel[0] = -1;
    errors[0] = -1;
    process = NULL;
done:
    for (int n = 0; n < 2; n++) {
        (void)(channel[n] >= 0 && close(channel[n]));
        (void)(errors[n] >= 0 && close(errors[n]));
    }
    free(environment);
    free(process);
    return status;
}

/* Whether the leader has ended. It stays a zombie, so that its number, the group's, is not given away. */
static bool has_ended(const struct sc_process *process, siginfo_t *how)
{
    memset(how, 0, sizeof *how);
    return waitid(P_PID, (id_t)process->leader, how, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           how->si_pid == process->leader;
}

void sc_process_destroy(struct sc_process *process)
{
    const struct timespec slice = {0, 1000000};

    if (process == NULL) {
        return;
    }
    (void)kill(-process->leader, SIGKILL);
    (void)kill(process->leader, SIGKILL);
    /* A driver may hold it for a while; it is not waited for longer than this. */
    for (int n = 0; n < 5000 && waitpid(process->leader, NULL, WNOHANG) == 0; n++) {
        (void)nanosleep(&slice, NULL);
    }
    (void)close(process->socket);
    (void)close(process->errors);
    free(process);
}

void sc_process_send(struct sc_process *process, const char *text, size_t bytes)
{
    (void)send(process->socket, text, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Keeps the end of what standard error has. */
static void read_errors(struct sc_process *process)
{
    char text[ERRORS];
    ssize_t got;

    for (int n = 0; n < 64 && (got = read(process->errors, text, sizeof text)) > 0; n++) {
        const size_t bytes = (size_t)got, kept = process->said_bytes;
        const size_t drop = kept + bytes > ERRORS ? kept + bytes - ERRORS : 0;
        memmove(process->said, process->said + drop, kept - drop);
        memcpy(process->said + (kept - drop), text, bytes);
        process->said_bytes = kept - drop + bytes;
        process->said[process->said_bytes] = '\0';
    }
}

/* Reads what the socket has. */
static void read_socket(struct sc_process *process)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec room = {process->in, sizeof process->in};
    struct msghdr message = {.msg_iov = &room,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    const ssize_t got = recvmsg(process->socket, &message, MSG_DONTWAIT);
    const struct cmsghdr *header = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    struct ucred who;

    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        process->closed = true;
    }
    process->in_bytes = got > 0 ? (size_t)got : 0;
    if (header != NULL && header->cmsg_type == SCM_CREDENTIALS) {
        memcpy(&who, CMSG_DATA(header), sizeof who);
        process->speaker = who.pid > 0 ? who.pid : process->speaker;
    }
}

/* Moves a line out of what was read; whether it is whole and an answer. */
static bool take_line(struct sc_process *process, char *line, size_t room, size_t *bytes)
{
    static const char begin[] = "sigmacert ";

    while (process->in_bytes > 0) {
        const char *const end = memchr(process->in, '\n', process->in_bytes);
        const size_t part = end != NULL ? (size_t)(end - process->in) : process->in_bytes;
        const size_t used = process->line_bytes < LINE ? process->line_bytes : LINE;
        memcpy(process->line + used, process->in, part < LINE - used ? part : LINE - used);
        process->line_bytes += part;
        process->in_bytes -= part + (end != NULL);
        memmove(process->in, process->in + part + (end != NULL), process->in_bytes);
        if (end == NULL) {
            return false;
        }
        *bytes = process->line_bytes;
        process->line_bytes = 0;
        if (*bytes >= strlen(begin) && memcmp(process->line, begin, strlen(begin)) == 0) {
            const size_t kept = *bytes < LINE ? *bytes : LINE;
            const size_t copied = kept < room ? kept : room - 1;
            memcpy(line, process->line, copied);
            line[copied] = '\0';
            return true;
        }
    }
    return false;
}

/* Seconds that the threads of a process were ready to run and did not, together (Linux, Documentation/scheduler/
 * sched-stats, /proc/PID/task/TID/schedstat, second field). */
static double starved(pid_t pid)
{
    char path[64], text[128];
    double seconds = 0.0;

    (void)snprintf(path, sizeof path, "/proc/%ld/task", (long)pid);
    DIR *const tasks = pid > 0 ? opendir(path) : NULL;
    for (const struct dirent *task; tasks != NULL && (task = readdir(tasks)) != NULL;) {
        unsigned long long ran = 0, waited = 0;
        (void)snprintf(path, sizeof path, "/proc/%ld/task/%.16s/schedstat", (long)pid,
                       task->d_name);
        FILE *const file = task->d_name[0] != '.' ? fopen(path, "re") : NULL;
        if (file != NULL && fgets(text, sizeof text, file) != NULL &&
            sscanf(text, "%llu %llu", &ran, &waited) == 2) {
            seconds += 1e-9 * (double)waited;
        }
        if (file != NULL) {
            (void)fclose(file);
        }
    }
    if (tasks != NULL) {
        (void)closedir(tasks);
    }
    return seconds;
}

/* The time by which an answer must be here: later by what the process was starved since the last look. */
struct patience {
    double end, latest, looked, starved;
};

static void look(struct patience *patience, pid_t pid)
{
    const double at = sc_clock_now(), so_far = starved(pid);
    const double more = so_far - patience->starved, passed = at - patience->looked;

    patience->end += more < passed ? (more > 0.0 ? more : 0.0) : passed;
    patience->end = patience->end < patience->latest ? patience->end : patience->latest;
    patience->looked = at;
    patience->starved = so_far;
}

enum sc_process_news sc_process_listen(struct sc_process *process, double seconds,
                                       int64_t memory_bytes, char *line, size_t room, size_t *bytes)
{
    const double begin = sc_clock_now();
    struct patience patience = {begin + seconds, begin + SC_PROCESS_PATIENCE * seconds, begin,
                                -1.0};
    siginfo_t how;
    bool ended = false;

    while (true) {
        if (take_line(process, line, room, bytes)) {
            return SC_PROCESS_LINE;
        }
        read_socket(process);
        if (process->in_bytes > 0 && (seconds == 0.0 || sc_clock_now() < patience.end)) {
            continue;
        }
        read_errors(process);
        if (process->closed || ended) {
            return SC_PROCESS_DEAD;
        }
        const double left = patience.end - sc_clock_now();
        if (left <= 0.0) {
            return has_ended(process, &how) ? SC_PROCESS_DEAD : SC_PROCESS_SILENT;
        }
        struct pollfd files[2] = {{process->socket, POLLIN, 0}, {process->errors, POLLIN, 0}};
        const int slice = left * 1e3 < SLICE ? (int)(left * 1e3) + 1 : SLICE;
        if (poll(files, 2, slice) == 0) {
            ended = has_ended(process, &how); /* what it said before is still read */
            if (patience.starved < 0.0) {
                patience.starved = starved(process->speaker);
            }
            look(&patience, process->speaker);
            if (sc_process_resident(process) > memory_bytes) {
                return SC_PROCESS_FULL;
            }
        } else if ((files[0].revents & POLLIN) == 0 && (files[1].revents & POLLIN) == 0) {
            const struct timespec pause = {0, 1000000}; /* standard error is closed */
            (void)nanosleep(&pause, NULL);
            ended = has_ended(process, &how);
        }
    }
}

void sc_process_explain(struct sc_process *process, char *text, size_t room)
{
    const struct timespec slice = {0, 1000000};
    siginfo_t how;
    bool ended = has_ended(process, &how);
    int used;

    for (int n = 0; n < 200 && !ended; n++) {
        (void)nanosleep(&slice, NULL);
        ended = has_ended(process, &how);
    }
    read_errors(process);
    if (!ended) {
        used = snprintf(text, room, "closed its standard output");
    } else if (how.si_code == CLD_EXITED) {
        used = snprintf(text, room, "exited with status %d", how.si_status);
    } else {
        used = snprintf(text, room, "killed by signal %d (%s)", how.si_status,
                        strsignal(how.si_status));
    }
    while (process->said_bytes > 0 && process->said[process->said_bytes - 1] == '\n') {
        process->said[--process->said_bytes] = '\0';
    }
    const char *const last = strrchr(process->said, '\n');
    const char *const said = last != NULL ? last + 1 : process->said;
    if (said[0] != '\0' && used > 0 && (size_t)used < room) {
        (void)snprintf(text + used, room - (size_t)used, "; it said: %s", said);
    }
    for (char *at = text; *at != '\0'; at++) {
        *at = (unsigned char)*at < ' ' || *at == 127 ? '?' : *at;
    }
}

int64_t sc_process_resident(struct sc_process *process)
{
    char path[64];
    long long size, resident, shared;
    int64_t bytes = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/statm", (int)process->speaker);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    if (fscanf(file, "%lld %lld %lld", &size, &resident, &shared) == 3 && resident >= shared) {
        bytes = (int64_t)(resident - shared) * sysconf(_SC_PAGESIZE);
    }
    (void)fclose(file);
    process->largest = bytes > process->largest ? bytes : process->largest;
    return bytes;
}

int64_t sc_process_largest(const struct sc_process *process)
{
    return process->largest;
}
