/* SPDX-License-Identifier: Apache-2.0 */
/* A chain, as answered by the API, told to a person at a terminal. */
#ifndef CLI_CHAINTEXT_H
#define CLI_CHAINTEXT_H

#include "base/buf.h"
#include "base/json.h"

/* One line: grade, score, title. */
void chain_line(struct buf *out, const struct json *chain);
/* Step by step, each with the link that led to it and why. */
void chain_story(struct buf *out, const struct json *chain);

#endif
