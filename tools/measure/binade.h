/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_BINADE_H
#define SC_TOOLS_MEASURE_BINADE_H

#include "reference/status.h"
#include "spec/arithmetic.h"

#include <stdint.h>

/* Errors of the activations and of the special functions under them (kernels/activation.h, primitives/special.h) over all
 * finite fp32 arguments, by the sign and the binade of the argument. */
enum sc_binade_function {
    SC_BINADE_ACCURATE,
    SC_BINADE_FAST,
    SC_BINADE_EXP2,
    SC_BINADE_RECIPROCAL, /* of an argument that is subnormal: of a zero of its sign */
    SC_BINADE_TANH,
    SC_BINADE_FUNCTIONS
};

/* Bins: sign and exponent field below 255, bin = 255 sign + field. Field 0 has the zero and the subnormal numbers. */
#define SC_BINADES         510
#define SC_BINADE_FIELDS   255
#define SC_BINADE_FRACTION (1 << 23) /* arguments of a bin */

/* Which error: of arguments whose exact value is at most the largest fp32 number in size. */
enum sc_binade_error {
    SC_BINADE_RELATIVE,  /* where the exact value is 2^-126 or more in size */
    SC_BINADE_ABSOLUTE,  /* anywhere */
    SC_BINADE_VANISHING, /* absolute, where it is less */
    SC_BINADE_ERRORS
};

/* The largest error, where it is attained first, and the value there: bits of fp32. No argument: error < 0. */
struct sc_binade_worst {
    double error;
    uint32_t at, value;
};

struct sc_binade {
    struct sc_binade_worst worst[SC_BINADE_ERRORS];
    int64_t arguments;
    int64_t outside; /* activations: values outside [0, 1] */
    int64_t falling; /* activations: values above that of the next argument */
    int64_t nan;     /* values that are NaN */
    int64_t beyond;  /* arguments at which the error may be more than the limits allow */
};

/* The exact value is computed in binary64: off by a relative 2^-51 at most. exp is good to 1 ulp, which is 2^-52, exp2 and
 * tanh to 2 (CUDA C++ Programming Guide, "Mathematical Functions"); of exp(x) / (1 + exp(x)) and 1 / (1 + exp(-x)) a change
 * of the exponential is no larger a change of the quotient, and sum and quotient are rounded, 2^-53 each. With the roundings
 * of the error itself, an error of a relative r is off by (1 + r) SC_BINADE_SLACK at most, an absolute a at an exact value x
 * by (|x| + a) times it. */
#define SC_BINADE_SLACK 0x1p-50

/* What is measured: `scan` fills the bins of a function.
 *   limits  what `beyond` is counted against; a first row of below = 0: nothing */
struct sc_binade_machine {
    enum sc_status (*scan)(void *context, enum sc_binade_function function,
                           const struct sc_activation_error *limits,
                           struct sc_binade bins[SC_BINADES], struct sc_error *error);
    void *context;
};

/* The machine that the program is linked with (tools/kernels/machine.h).
 *   parts  threads of a bin, a power of two in [1, 1024]
 *   every  takes each every-th argument of a bin, a power of two: 1 on a device
 * SC_E_UNAVAILABLE: there is no such device. SC_E_MEMORY. */
enum sc_status sc_binade_machine_create(int32_t parts, int32_t every,
                                        struct sc_binade_machine *machine, struct sc_error *error);
/* After a failed creation too. */
void sc_binade_machine_destroy(struct sc_binade_machine *machine);

/* The kernel (binade.cu): `parts` threads for each bin, each with a result of its own. */
#define SC_BINADE_THREADS 256 /* of a block */
struct sc_binade_arguments {
    int32_t function, parts, every;
    struct sc_activation_error limits;
    struct sc_binade *results; /* [bin][part] */
};
#ifndef __CUDACC__
void sc_binade_scan(const void *arguments);
#endif

#endif
