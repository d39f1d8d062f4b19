/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_PROCESS_H
#define SC_FUZZ_PROCESS_H

#include "reference/status.h"

#include <stddef.h>
#include <stdint.h>

/* A command in a process group of its own, that is asked and answers in lines. Its standard input and output are one
 * socket, its standard error is kept in part. It is killed when the thread that started it ends. */
struct sc_process;

/* Starts `sh -c COMMAND`.
 *   file  it finds as file descriptor 3, and by the name in the environment variable SIGMACERT_MEMORY; no other file
 *         of this process is open in it
 * SC_E_UNAVAILABLE: it cannot be started. SC_E_MEMORY. */
enum sc_status sc_process_create(const char *command, int file, struct sc_process **created,
                                 struct sc_error *error);

/* Kills the whole group and frees. NULL is allowed. */
void sc_process_destroy(struct sc_process *process);

/* Sends a line; whether it went out is seen by the answer. `text` ends in a newline. */
void sc_process_send(struct sc_process *process, const char *text, size_t bytes);

#define SC_PROCESS_PATIENCE 20

enum sc_process_news {
    SC_PROCESS_LINE,   /* a line that begins with "sigmacert " */
    SC_PROCESS_DEAD,   /* it has ended, or closed its output; no such line is left */
    SC_PROCESS_SILENT, /* time is up */
    SC_PROCESS_FULL    /* it takes too much memory */
};

/* Waits for the next line of standard output that begins with "sigmacert "; every other one is passed over.
 *   seconds        at most, without those in which a thread of the process that spoke last was ready and had no processor,
 *                  as on a busy machine: a deadlock is found in time, a slow machine is no hang. Never more than
 *                  SC_PROCESS_PATIENCE times as long. 0: what is there already
 *   memory_bytes   resident and of its own, that it may take; looked at ten times a second
 *   line           receives it without newline, cut at room - 1 bytes, with '\0' at its end
 *   bytes          its length, without the cut */
enum sc_process_news sc_process_listen(struct sc_process *process, double seconds,
                                       int64_t memory_bytes, char *line, size_t room,
                                       size_t *bytes);

/* Says in words how it ended, and the last line that it wrote to standard error. */
void sc_process_explain(struct sc_process *process, char *text, size_t room);

/* Resident bytes of the process that spoke last, shared ones apart; 0: not known. */
int64_t sc_process_resident(struct sc_process *process);
/* The largest of these whenever somebody asked, as sc_process_listen does. */
int64_t sc_process_largest(const struct sc_process *process);

#endif
