/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/activation.h"

#include <math.h>

const struct sc_activation_error sc_activation_h100 = {{{2.77, 5.1e-7},
                                                        {5.54, 5.9e-7},
                                                        {11.09, 7.6e-7},
                                                        {22.18, 8.9e-7},
                                                        {44.36, 1.5e-6},
                                                        {HUGE_VAL, 2.811e-6}},
                                                       1.2e-38};

/* below: X ln 2, rounded down; relative: X 2^-25 ln 2 (1 + 2^-20) + 1.461e-7 + 2.74e-7, rounded up; X the
 * powers of two from 4 on. */
const struct sc_activation_error sc_activation_limits = {{{2.77, 5.1e-7},
                                                          {5.54, 5.9e-7},
                                                          {11.09, 7.6e-7},
                                                          {22.18, 1.1e-6},
                                                          {44.36, 1.8e-6},
                                                          {HUGE_VAL, 3.1e-6}},
                                                         1.2e-38};

/* X ln 2 (2^-25 + 1.336e-8) + 1.461e-7 + 2.74e-7, rounded up. */
const struct sc_activation_error sc_activation_one_term = {{{2.77, 5.4e-7},
                                                            {5.54, 6.6e-7},
                                                            {11.09, 9.0e-7},
                                                            {22.18, 1.38e-6},
                                                            {44.36, 2.34e-6},
                                                            {HUGE_VAL, 4.25e-6}},
                                                           1.2e-38};

/* Measured by p: below is log(1 / p - 1) at the ends of its ranges, rounded down; relative one unit more. */
const struct sc_activation_error sc_activation_one_term_h100 = {{{2.19, 2.3e-7},
                                                                 {4.59, 3.3e-7},
                                                                 {6.90, 5.2e-7},
                                                                 {9.21, 5.6e-7},
                                                                 {11.51, 8.9e-7},
                                                                 {13.81, 9.4e-7},
                                                                 {20.0, 1.03e-6},
                                                                 {22.18, 1.38e-6},
                                                                 {44.36, 2.34e-6},
                                                                 {HUGE_VAL, 4.25e-6}},
                                                                1.2e-38};

const struct sc_activation_error sc_activation_tanh_h100 = {{{2.19, 3.9e-5},
                                                             {4.59, 9.0e-5},
                                                             {6.90, 1.3e-4},
                                                             {9.21, 8.8e-3},
                                                             {11.51, 1.0e-2},
                                                             {13.81, 5.4e-2},
                                                             {HUGE_VAL, 1.0}},
                                                            0x1p-25};
