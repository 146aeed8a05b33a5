/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egress: a frame from the TAP, as core/rewrite.h gets it; see frames.h for the form of an input.
 */
#include "frames.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return frames_try(REWRITE_EGRESS, data, size);
}
