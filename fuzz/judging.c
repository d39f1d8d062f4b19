/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/judging.h"

#include "fuzz/judging_work.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct sc_judging {
    pid_t process; /* 0: it has been waited for */
    int file;
};

/* In the new process. Signals from a terminal are its parent's to answer, in whose group it is not; it dies with that
 * one. */
static void judge(pid_t parent, int file, const struct sc_worker_options *worker,
                  const struct sc_examine_options *examine)
{
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    (void)setpgid(0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent) {
        sc_judging_work(file, worker, examine);
    }
    _exit(0);
}

enum sc_status sc_judging_create(const struct sc_worker_options *worker,
                                 const struct sc_examine_options *examine,
                                 struct sc_judging **created, struct sc_error *error)
{
    int ends[2] = {-1, -1};
    const pid_t parent = getpid();
    struct sc_judging *const judging = calloc(1, sizeof *judging);

    if (judging == NULL) {
        return sc_fail(error, SC_E_MEMORY, "judging: no memory");
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0 ||
        (judging->process = fork()) < 0) {
        const int number = errno;
        (void)close(ends[0]);
        (void)close(ends[1]);
        free(judging);
        return sc_fail(error, SC_E_UNAVAILABLE, "judging: cannot start a process: %s",
                       strerror(number));
    }
    if (judging->process == 0) {
        (void)close(ends[0]);
        judge(parent, ends[1], worker, examine);
    }
    (void)close(ends[1]);
    judging->file = ends[0];
    *created = judging;
    return SC_OK;
}

/* Waits for the end of the process; its wait status. */
static int wait_for(struct sc_judging *judging)
{
    int status = 0;

    while (judging->process > 0 && waitpid(judging->process, &status, 0) < 0 && errno == EINTR) {
    }
    judging->process = 0;
    return status;
}

void sc_judging_destroy(struct sc_judging *judging, bool at_once)
{
    if (judging == NULL) {
        return;
    }
    if (judging->process > 0 && at_once) {
        (void)kill(judging->process, SIGKILL);
    }
    (void)shutdown(judging->file, SHUT_RDWR);
    (void)close(judging->file);
    (void)wait_for(judging);
    free(judging);
}

int sc_judging_file(const struct sc_judging *judging)
{
    return judging->file;
}

static enum sc_status dead(struct sc_judging *judging, struct sc_error *error)
{
    if (judging->process > 0) {
        (void)kill(judging->process, SIGKILL); /* if it is only deaf */
    }
    const int status = wait_for(judging);
    return sc_fail(error, SC_E_UNAVAILABLE, "a judging process is dead, %s %d",
                   WIFSIGNALED(status) ? "by signal" : "with exit status",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

enum sc_status sc_judging_send(struct sc_judging *judging, const struct sc_job *job,
                               const struct sc_recipe *recipes, struct sc_error *error)
{
    if (!sc_judging_write(judging->file, job, sizeof *job) ||
        !sc_judging_write(judging->file, recipes, (size_t)job->count * sizeof *recipes)) {
        return dead(judging, error);
    }
    return SC_OK;
}

enum sc_status sc_judging_receive(struct sc_judging *judging, struct sc_reply *reply,
                                  struct sc_recipe **recipes, struct sc_error *error)
{
    *recipes = NULL;
    if (!sc_judging_read(judging->file, reply, sizeof *reply)) {
        return dead(judging, error);
    }
    if (reply->count > 0) {
        const size_t size = (size_t)reply->count * sizeof **recipes;
        *recipes = malloc(size);
        if (*recipes == NULL) {
            return sc_fail(error, SC_E_MEMORY, "judging: no memory");
        }
        if (!sc_judging_read(judging->file, *recipes, size)) {
            free(*recipes);
            *recipes = NULL;
            return dead(judging, error);
        }
    }
    return SC_OK;
}
