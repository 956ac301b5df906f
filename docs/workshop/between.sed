# Fill addresses into bench/scenarios/balancers/*.cfg and *.conf, for lessons 9 and 10.
s/@LISTEN@/127.0.0.1:8000/
s/@SERVER1@/127.0.0.1:8081/
s/@SERVER2@/127.0.0.1:8082/
s#@FOLDER@/##
