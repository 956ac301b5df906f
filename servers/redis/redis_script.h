/* What must happen in Redis at once, in its own language: each script runs whole, with nothing
 * in between (https://redis.io/docs/latest/develop/programmability/eval-intro/).
 *
 * Both take the keys KEY (the stream), KEY:state (life, seq), KEY:n (updates by channel),
 * KEY:senders (the newest message of each) and KEY:latest (the newest value of each key). life
 * names a log from its beginning to its loss: a server that finds another one, or fewer updates
 * than it has told its clients of, gets the error LOST, and nothing is changed.
 */
#ifndef PUSHLAB_REDIS_SCRIPT_H
#define PUSHLAB_REDIS_SCRIPT_H

enum { REDIS_SCRIPT_KEYS = 5 };

/* Arguments: the life that is known ("": none yet), one to begin with if there is none, the
 * newest seq that the server has, how many entries to return.
 * Returns life, seq, [the entry of that seq, if it is there], [the entries after it]; and, for a
 * server that has nothing of a log that has dropped its beginning, [channel, n, ...] and
 * [field of KEY:latest, value, ...]. */
extern const char redis_script_hello[];

/* Arguments: life, the newest seq that the server knows of, how many entries the stream is to
 * keep (a few more at times), then of each post what redis_post_args() makes.
 * Returns a number for each post: its seq; if it came before, minus the seq of its sender's
 * newest. */
extern const char redis_script_publish[];

#endif
