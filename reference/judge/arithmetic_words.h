/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_JUDGE_ARITHMETIC_WORDS_H
#define SC_REFERENCE_JUDGE_ARITHMETIC_WORDS_H

/* The values of the keys of reference/judge/arithmetic_text.h: lists of words that end with NULL. A word's position
 * is the enumerator of spec/arithmetic.h, spec/schedule.h or spec/format.h that it stands for. */
extern const char *const sc_arithmetic_core_words[],
    *const ssc_arithmetic_core_words[], *const sc_arithmetic_order_words[],
                                            *const sc_arithmetic_spread_words[],
                                                *const sc_arithmetic_p_words[],
                                                    *const sc_arithmetic_stored_words[],
                                                        *const sc_arithmetic_activation_words[];

/* Words beyond the enumerators. */
#define SC_ARITHMETIC_P_INPUT      3
#define SC_ARITHMETIC_STORED_INPUT 3
#define SC_ARITHMETIC_STORED_JOINT 4

#endif
