/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* F_DUPFD_CLOEXEC */
#include "tools/serve/serve.h"

#include "fuzz/traits.h"
#include "reference/problem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define CHANNEL 100 /* file descriptors of the protocol, out of the way */

struct session {
    const struct sc_kernel *kernel;
    const struct sc_serve_rows *rows;
    int in, out, file;
    struct sc_serve_host *host; /* NULL: the kernel has memory of its own */
    struct sc_serve_space space;
    unsigned char *memory;
    int64_t bytes;
    char line[SC_CALL_TEXT_MAX + 1];
    size_t used;
};

/* Moves the protocol away from standard input and output: what the kernel prints goes to standard error. */
static enum sc_status open_session(struct session *my, struct sc_error *error)
{
    const char *const name = getenv("SIGMACERT_MEMORY");
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

    my->in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, CHANNEL);
    my->out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, CHANNEL);
    my->file = name != NULL ? open(name, O_RDWR | O_CLOEXEC) : -1;
    if (nothing < 0 || my->in < 0 || my->out < 0 || my->file < 0 ||
        dup2(nothing, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
        return sc_fail(error, SC_E_IO,
                       "serve: no shared memory, expected to be run by 'sigmacert fuzz'");
    }
    (void)close(nothing);
    (void)signal(SIGPIPE, SIG_IGN);
    return my->kernel->memory == NULL ? sc_serve_host_create(&my->host, error) : SC_OK;
}

static enum sc_status say(const struct session *my, const char *text, size_t bytes,
                          struct sc_error *error)
{
    while (bytes > 0) {
        const ssize_t put = write(my->out, text, bytes);
        if (put < 0 && errno != EINTR) {
            return sc_fail(error, SC_E_IO, "serve: nobody reads the answers");
        }
        text += put > 0 ? put : 0;
        bytes -= put > 0 ? (size_t)put : 0;
    }
    return SC_OK;
}

static enum sc_status say_kernel(const struct session *my, struct sc_error *error)
{
    const struct sc_kernel *kernel = my->kernel;
    struct sc_worker_kernel says = {.traits = kernel->traits, .device = kernel->memory != NULL},
                            understood;
    char line[SC_TRAITS_TEXT_MAX];

    if (strlen(kernel->name) >= sizeof says.name ||
        strlen(kernel->arithmetic) >= sizeof says.arithmetic) {
        return sc_fail(error, SC_E_INPUT, "serve: a name or an arithmetic that is too long");
    }
    memcpy(says.name, kernel->name, strlen(kernel->name));
    memcpy(says.arithmetic, kernel->arithmetic, strlen(kernel->arithmetic));
    size_t bytes = sc_traits_print(&says, line);
    const enum sc_status status = sc_traits_parse(line, bytes, &understood, error);
    if (status != SC_OK) {
        return status;
    }
    line[bytes++] = '\n';
    return say(my, line, bytes, error);
}

static enum sc_status say_answer(const struct session *my, uint64_t id,
                                 struct sc_serve_answer *answer, struct sc_error *error)
{
    static const char *const words[] = {"done", "refused", "failed", "fault"};
    char line[512];

    if (answer->word < 0 || answer->word > SC_KERNEL_FAULT) {
        (void)snprintf(answer->why, sizeof answer->why, "it answered %d, expected 0 to 3",
                       answer->word);
        answer->word = SC_KERNEL_FAILED;
    }
    if (answer->word == SC_KERNEL_DONE) {
        answer->why[0] = '\0';
    } else if (answer->why[0] == '\0') {
        (void)snprintf(answer->why, sizeof answer->why, "it did not say why");
    }
    for (char *at = answer->why; *at != '\0'; at++) {
        *at = (unsigned char)*at < ' ' || *at == 127 ? '?' : *at;
    }
    const int bytes =
        snprintf(line, sizeof line, "sigmacert %s %llu%s%s\n", words[answer->word],
                 (unsigned long long)id, answer->why[0] != '\0' ? " " : "", answer->why);

    return say(my, line, (size_t)bytes, error);
}

static bool map_memory(struct session *my, int64_t bytes)
{
    if (bytes == my->bytes) {
        return true;
    }
    void *memory =
        mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, my->file, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    if (my->memory != NULL) {
        (void)munmap(my->memory, (size_t)my->bytes);
    }
    my->memory = memory;
    my->bytes = bytes;
    return true;
}

static void run(struct session *my, const struct sc_call *call, struct sc_serve_answer *answer)
{
    struct sc_error error = {SC_OK, ""};

    if (!map_memory(my, call->memory)) {
        sc_serve_stop(answer, SC_KERNEL_FAILED, "the shared memory cannot be mapped");
        return;
    }
    const struct sc_problem problem = sc_call_problem(call, my->memory);
    if (sc_problem_explain(&problem, &error) != SC_OK) {
        sc_serve_stop(answer, SC_KERNEL_FAILED, error.text);
    } else if (my->host != NULL) {
        sc_serve_host_run(my->host, my->kernel, call, my->memory, answer);
    } else {
        sc_serve_device_run(my->kernel, my->rows, call, my->memory, &my->space, answer);
    }
}

static enum sc_status answer_line(struct session *my, const char *line, size_t bytes,
                                  struct sc_error *error)
{
    struct sc_serve_answer answer = {SC_KERNEL_FAILED, ""};
    struct sc_error wrong = {SC_OK, ""};
    struct sc_call call;
    const pid_t self = getpid();

    if (bytes == 7 && memcmp(line, "hello 1", 7) == 0) {
        return say_kernel(my, error);
    }
    if (sc_call_parse(line, bytes, &call, &wrong) != SC_OK) {
        sc_serve_stop(&answer, SC_KERNEL_FAILED, wrong.text);
    } else {
        run(my, &call, &answer);
    }
    if (getpid() != self) {
        _exit(0); /* a child that the kernel left behind: one answer is enough */
    }
    return say_answer(my, call.id, &answer, error);
}

enum sc_status sc_serve(const struct sc_kernel *kernel, const struct sc_serve_rows *rows,
                        struct sc_error *error)
{
    struct session my = {.kernel = kernel, .rows = rows, .in = -1, .out = -1, .file = -1};
    enum sc_status status = SC_OK;
    ssize_t got = 1;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    status = open_session(&my, error);
    while (status == SC_OK && got != 0) {
        char *const end = memchr(my.line, '\n', my.used);
        if (end != NULL) {
            const size_t bytes = (size_t)(end - my.line);
            status = answer_line(&my, my.line, bytes, error);
            my.used -= bytes + 1;
            memmove(my.line, end + 1, my.used);
            continue;
        }
        if (my.used == sizeof my.line) {
            my.used = 0; /* too long for a request: its rest is no request either */
        }
        got = read(my.in, my.line + my.used, sizeof my.line - my.used);
        if (got < 0 && errno != EINTR) {
            status = sc_fail(error, SC_E_IO, "serve: cannot read requests: %s", strerror(errno));
        }
        my.used += got > 0 ? (size_t)got : 0;
    }
    sc_serve_host_destroy(my.host);
    free(my.space.bytes);
    if (my.memory != NULL) {
        (void)munmap(my.memory, (size_t)my.bytes);
    }
    return status;
}
