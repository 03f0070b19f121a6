// A C face of the few functions of MPI that we use, whose handles are macros there. Nothing of MPI is in it where the package is
// built without the trait MPI. Functions return 0, or the error's code for cmpi_text.
#ifndef CMPI_H
#define CMPI_H

#include <stdint.h>

/// Messages of work, and those of the end, which match no other.
enum { CMPI_WORK, CMPI_END };

enum { CMPI_TEXT = 512 };

/// Joins the job that this process was started for.
int cmpi_begin(void);
/// Leaves it, to end with an exit code; all ranks must. Where one is gone and MPI waits for it, the process ends with the code at
/// once.
int cmpi_end(int code);
/// Ends all ranks of the job with an exit code.
void cmpi_abort(int code);
/// Whether ranks may go on without one that is gone, 0 or 1: where the MPI has ULFM (Bland et al. 2013) and was started for it.
int cmpi_can_shrink(void);
/// Ends with an error, at every rank, all that is asked of others.
void cmpi_revoke(void);
/// Joins those that are left, in their order; all of them must.
int cmpi_shrink(void);
/// What the MPI calls itself, in at most CMPI_TEXT bytes.
void cmpi_library(char *_Nonnull text);
int cmpi_rank(void);
int cmpi_size(void);

/// Begin to send to a rank, or to receive from one what it sends under the same tag. Bytes stay where they are until the request
/// is done.
int cmpi_send(
    int channel, const void *_Nonnull bytes, int64_t count, int rank, int tag, intptr_t *_Nonnull request);
int cmpi_receive(int channel, void *_Nonnull bytes, int64_t count, int rank, int tag, intptr_t *_Nonnull request);
/// Lets requests go on, none of which is done yet, and sets those to 0 that are now.
int cmpi_test(int64_t count, intptr_t *_Nonnull requests);
/// Waits for requests that errors have ended, and sets them to 0.
void cmpi_settle(int64_t count, intptr_t *_Nonnull requests);
/// What a code means, in at most CMPI_TEXT bytes.
void cmpi_text(int code, char *_Nonnull text);

#endif
