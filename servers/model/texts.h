/* The texts of servers/model/texts.txt, put into the program by servers/embed.awk. */
#ifndef PUSHLAB_TEXTS_H
#define PUSHLAB_TEXTS_H

/* COUNT is checked by the compiler: the lists are declared here and defined with their lines. */
extern const char *const match_templates[14];
extern const char *const match_teams[2];
extern const char *const match_players[22];
extern const char *const match_phrases[26];
extern const char *const match_comments[6];
extern const char *const inbox_people[8];
extern const char *const inbox_subjects[8];
extern const char *const inbox_bodies[6];

#endif
