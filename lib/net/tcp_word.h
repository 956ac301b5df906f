/* What the kernel keeps in mind of a TCP connection (TCP_INFO, tcp(7)), as a transcript has it
 * (transcript.h). The descriptor is the caller's. */
#ifndef PUSHLAB_TCP_WORD_H
#define PUSHLAB_TCP_WORD_H

enum { TCP_WORD_BYTES = 160 };

/* "rtt_us=20311 mss=1448 cwnd=10 again=0 segs_out=5 segs_in=4". 0 or PL_ESYS. */
int tcp_word(char out[TCP_WORD_BYTES], int fd);
/* The last two of these only: for who wants to count, and not to be told each time. */
int tcp_word_counts(char out[TCP_WORD_BYTES], int fd);

#endif
