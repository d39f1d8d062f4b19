/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* setsid with fork, sigaction */
#include "tests/libraries/naive.h"

#include <fenv.h>
#include <immintrin.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A library whose kernel does what no kernel should. The environment variable HOSTILE says what. */
const struct sc_kernel *sc_kernel_entry(uint32_t version);

static int calls;

static void ignore(int signal)
{
    (void)signal;
}

static int right(const struct sc_kernel_call *call)
{
    return naive_run(call, NULL, 0);
}

static int flush_to_zero(const struct sc_kernel_call *call)
{
    const int answer = right(call);

    _mm_setcsr(_mm_getcsr() | 0x8040u);
    return answer;
}

static int round_up(const struct sc_kernel_call *call)
{
    const int answer = right(call);

    (void)fesetround(FE_UPWARD);
    return answer;
}

/* What it was called with: another environment than the default one is a failure. */
static int look_at_environment(const struct sc_kernel_call *call)
{
    return (_mm_getcsr() & 0x8040u) == 0 && fegetround() == FE_TONEAREST ? right(call)
                                                                         : SC_KERNEL_FAILED;
}

static int flush_then_look(const struct sc_kernel_call *call)
{
    return calls == 1 ? round_up(call) : look_at_environment(call);
}

/* A child that comes back as if it were the kernel. */
static int fork_both(const struct sc_kernel_call *call)
{
    (void)fork();
    return right(call);
}

/* A child that leaves the group and keeps all files. */
static int fork_daemon(const struct sc_kernel_call *call)
{
    (void)call;
    if (fork() == 0) {
        (void)sleep(3);
        _exit(0);
    }
    abort();
}

static int exit_quietly(const struct sc_kernel_call *call)
{
    (void)call;
    exit(0);
}

static int die(const struct sc_kernel_call *call)
{
    (void)call;
    (void)fputs("an assertion of the library\n", stderr);
    abort();
}

static _Noreturn int hang(const struct sc_kernel_call *call)
{
    (void)call;
    for (int n = 1; n < 32; n++) {
        (void)signal(n, ignore);
    }
    while (1) {
        (void)sleep(1);
    }
}

static unsigned char *end_of(const struct sc_kernel_call *call)
{
    const struct sc_problem *p = call->placed;

    return (unsigned char *)call->buffers.o + p->o.size * sc_format_bytes(p->format_out);
}

static int write_behind(const struct sc_kernel_call *call)
{
    const int answer = right(call);

    end_of(call)[2] = 1;
    return answer;
}

static int write_before(const struct sc_kernel_call *call)
{
    const int answer = right(call);

    ((unsigned char *)call->buffers.o)[-1] = 1;
    return answer;
}

/* A tile too many. */
static int write_far(const struct sc_kernel_call *call)
{
    const int answer = right(call);

    memset(end_of(call), 0, 8192);
    return answer;
}

static int read_behind(const struct sc_kernel_call *call)
{
    const struct sc_problem *p = call->placed;
    const volatile unsigned char *const q = call->buffers.q;

    (void)q[p->q.size * sc_format_bytes(p->format_in) + 63];
    return right(call);
}

static int write_input(const struct sc_kernel_call *call)
{
    unsigned char *q;

    memcpy(&q, &call->buffers.q, sizeof q);
    q[0] = (unsigned char)~q[0];
    return right(call);
}

static int leave_element(const struct sc_kernel_call *call)
{
    unsigned char kept[4];
    const size_t bytes = (size_t)sc_format_bytes(call->placed->format_out);

    memcpy(kept, call->buffers.o, bytes);
    const int answer = right(call);
    memcpy(call->buffers.o, kept, bytes);
    return answer;
}

static int do_nothing(const struct sc_kernel_call *call)
{
    (void)call;
    return SC_KERNEL_DONE;
}

static int answer_garbage(const struct sc_kernel_call *call)
{
    (void)call;
    return 77;
}

static int print(const struct sc_kernel_call *call)
{
    (void)puts("sigmacert done 1");
    (void)puts("sigmacert garbage");
    (void)fflush(stdout);
    return right(call);
}

static int leak(const struct sc_kernel_call *call)
{
    volatile unsigned char *const memory = malloc(1 << 20);

    for (int n = 0; memory != NULL && n < 1 << 20; n += 4096) {
        memory[n] = 1;
    }
    return right(call);
}

static int write_workspace(const struct sc_kernel_call *call)
{
    ((unsigned char *)call->buffers.workspace)[-1] = 1;
    return right(call);
}

/* Wrong after a call with slopes, in the same process. */
static int remember_slopes(const struct sc_kernel_call *call)
{
    static bool seen;

    seen = seen || call->problem->slopes != NULL;
    return seen && call->problem->slopes == NULL ? leave_element(call) : right(call);
}

/* Wrong after a call with tau above 1, which is not drawn, in the same process. */
static int remember_tau(const struct sc_kernel_call *call)
{
    static bool seen;

    seen = seen || call->problem->tau > 1.0f;
    return seen && call->problem->tau <= 1.0f ? leave_element(call) : right(call);
}

/* Wrong in the first process that finds the file HOSTILE_FILE empty, and never again. */
static int once(const struct sc_kernel_call *call)
{
    FILE *const file = fopen(getenv("HOSTILE_FILE"), "a");
    const bool first = file != NULL && fseek(file, 0, SEEK_END) == 0 && ftell(file) == 0;

    if (file != NULL) {
        (void)fputs(".", file);
        (void)fclose(file);
    }
    return first ? leave_element(call) : right(call);
}

/* Right for tau up to 1, which is what is drawn. */
static int clamp_tau(const struct sc_kernel_call *call)
{
    struct sc_kernel_call clamped = *call;
    struct sc_problem problem = *call->problem, placed = *call->placed;

    problem.tau = problem.tau < 1.0f ? problem.tau : 1.0f;
    placed.tau = problem.tau;
    clamped.problem = &problem;
    clamped.placed = &placed;
    return right(&clamped);
}

static int die_later(const struct sc_kernel_call *call)
{
    const int answer = right(call);

    (void)alarm(1);
    return answer;
}

static int run(const struct sc_kernel_call *call, char *text, size_t text_bytes)
{
    static const struct {
        const char *name;
        int (*run)(const struct sc_kernel_call *call);
    } ways[] = {{"flush-to-zero", flush_to_zero},
                {"round-up", round_up},
                {"environment", flush_then_look},
                {"fork-both", fork_both},
                {"fork-daemon", fork_daemon},
                {"exit", exit_quietly},
                {"abort", die},
                {"hang", hang},
                {"write-behind", write_behind},
                {"write-before", write_before},
                {"write-far", write_far},
                {"read-behind", read_behind},
                {"write-input", write_input},
                {"leave-element", leave_element},
                {"nothing", do_nothing},
                {"garbage", answer_garbage},
                {"print", print},
                {"leak", leak},
                {"write-workspace", write_workspace},
                {"die-later", die_later},
                {"remember-slopes", remember_slopes},
                {"remember-tau", remember_tau},
                {"once", once},
                {"clamp-tau", clamp_tau}};
    const char *const way = getenv("HOSTILE");

    calls++;
    for (size_t n = 0; way != NULL && n < sizeof ways / sizeof ways[0]; n++) {
        if (strcmp(way, ways[n].name) == 0) {
            return ways[n].run(call);
        }
    }
    (void)snprintf(text, text_bytes, "HOSTILE is none of what the library does");
    return SC_KERNEL_REFUSED;
}

const struct sc_kernel *sc_kernel_entry(uint32_t version)
{
    static struct sc_kernel kernel;

    kernel = naive_kernel("hostile", run);
    return version == SC_KERNEL_VERSION ? &kernel : NULL;
}
