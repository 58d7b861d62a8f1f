/** By which words a question asks for an attribute; lower case, without accents, parted by commas. */
export const WORDS_OF: Readonly<Record<string, { readonly es: string; readonly en: string }>> = {
  name: {
    es: 'nombre, me llamo, como me llamo, mi nombre, quien soy, apellido, se llama, como se llama, llamas',
    en: 'name, my name, called, who am i, who i am, surname, last name, first name',
  },
  nickname: {
    es: 'apodo, mote, como me llaman, como llamarme, me dicen, sobrenombre',
    en: 'nickname, call me, how to call me, goes by',
  },
  pronouns: {
    es: 'pronombres, pronombre, genero',
    en: 'pronouns, pronoun, gender',
  },
  age: {
    es: 'edad, anos tengo, cuantos anos, mi edad, cuantos anos tengo',
    en: 'age, how old, old am i, years old, my age',
  },
  birthday: {
    es: 'cumpleanos, cumple, cuando cumplo, naci, nacimiento, fecha de nacimiento, cuando naci',
    en: 'birthday, birth date, date of birth, when was i born, born on, turn',
  },
  residence: {
    es: 'vivo, donde vivo, vive, resido, residencia, ciudad, mi ciudad, domicilio, direccion, mi direccion, casa, mi casa, pais, barrio, pueblo, cerca de mi, aqui cerca, clima, tiempo hace, alrededores, mi zona, mi calle',
    en: 'live, lives, where do i live, living, residence, city, my city, town, home, hometown, address, my address, country, neighbourhood, neighborhood, near me, nearby, around here, local, weather, my area, my street',
  },
  origin: {
    es: 'origen, de donde soy, naci, nacido, donde naci, lugar de nacimiento, tierra, me crie, ciudad natal',
    en: 'origin, where am i from, from, born in, birthplace, grew up, hometown, come from',
  },
  nationality: {
    es: 'nacionalidad, pasaporte, ciudadania, pais',
    en: 'nationality, passport, citizenship, citizen, country',
  },
  timezone: {
    es: 'zona horaria, huso horario, hora local, que hora',
    en: 'time zone, timezone, local time, what time',
  },
  household: {
    es: 'con quien vivo, vivo con, piso, casa, convivo, hogar, tipo de casa, vivienda, companeros de piso',
    en: 'who do i live with, live with, flat, house, household, home, apartment, roommates, flatmates',
  },
  occupation: {
    es: 'trabajo, profesion, oficio, ocupacion, a que me dedico, dedico, puesto, cargo, empleo, que soy, trabaja',
    en: 'job, work, profession, occupation, what do i do, career, position, role, living, do for a living',
  },
  employer: {
    es: 'empresa, trabajo, donde trabajo, jefe, compania, mi empresa, empleador, para quien trabajo',
    en: 'employer, company, where do i work, work, work for, workplace, my company, boss, office',
  },
  workplace: {
    es: 'trabajo, donde trabajo, lugar de trabajo, oficina, teletrabajo, horario, turno',
    en: 'workplace, where do i work, work, office, remote, remotely, work from home, shift, schedule',
  },
  schedule: {
    es: 'horario, turno, turnos, jornada, a que hora trabajo, de noche, cuando trabajo',
    en: 'schedule, shift, shifts, hours, when do i work, nights, part-time',
  },
  field: {
    es: 'sector, campo, area, especialidad, trabajo, industria, ambito',
    en: 'field, industry, sector, area, work, specialty, speciality',
  },
  employment: {
    es: 'trabajo, empleo, paro, jubilado, jubilada, autonomo, situacion laboral, desempleo',
    en: 'employment, job, work, retired, unemployed, freelance, self-employed, situation',
  },
  studies: {
    es: 'estudio, estudios, carrera, universidad, que estudio, grado, master, curso, doctorado, facultad',
    en: 'study, studies, studying, degree, university, college, school, major, course, phd, student',
  },
  education: {
    es: 'estudie, estudios, carrera, universidad, titulo, licenciado, graduado, formacion, titulacion',
    en: 'studied, degree, university, college, graduated, education, diploma, alma mater',
  },
  language: {
    es: 'idioma, idiomas, lengua, hablo, lenguas, lengua materna, que idiomas, nivel de ingles',
    en: 'language, languages, speak, mother tongue, native language, fluent',
  },
  marital: {
    es: 'estado civil, casado, casada, soltero, soltera, pareja, matrimonio, divorciado, novia, novio, marido, mujer, esposa, esposo',
    en: 'marital status, married, single, divorced, relationship, partner, wife, husband, girlfriend, boyfriend, spouse',
  },
  family: {
    es: 'familia, hijos, hijas, hijo, hija, hermanos, hermanas, padres, ninos, nietos, cuantos hijos',
    en: 'family, children, kids, son, daughter, siblings, brothers, sisters, parents, grandchildren, how many kids',
  },
  pet: {
    es: 'mascota, mascotas, perro, perra, gato, gata, animal, animales, perros, gatos',
    en: 'pet, pets, dog, cat, animal, animals, dogs, cats, puppy, kitten',
  },
  diet: {
    es: 'dieta, como, comer, comida, cena, cenar, desayuno, receta, recetas, cocinar, vegano, vegetariano, restaurante, alimentacion, bebo, plato, menu, almuerzo',
    en: 'diet, eat, food, dinner, breakfast, lunch, recipe, recipes, cook, vegan, vegetarian, restaurant, drink, dish, menu, meal',
  },
  allergy: {
    es: 'alergia, alergias, alergico, alergica, intolerancia, intolerante, comer, comida, receta, cocinar, restaurante, plato, menu',
    en: 'allergy, allergies, allergic, intolerance, intolerant, eat, food, recipe, cook, restaurant, dish, menu, meal',
  },
  accessibility: {
    es: 'silla de ruedas, accesible, accesibilidad, discapacidad, movilidad, vision, oido, ciego, sordo, daltonico, lector de pantalla, dislexia, zurdo, viaje, hotel',
    en: 'wheelchair, accessible, accessibility, disability, mobility, blind, deaf, colour-blind, color-blind, screen reader, dyslexia, left-handed, trip, hotel',
  },
  body: {
    es: 'altura, peso, mido, peso, talla, numero de pie, calzo, gafas, cuanto mido, cuanto peso, ropa, zapatos, entrenamiento',
    en: 'height, weight, tall, weigh, size, shoe size, glasses, clothes, shoes, workout',
  },
  health: {
    es: 'salud, enfermedad, diagnostico, diabetes, asma, ansiedad, depresion, medico, medicacion, embarazo, tratamiento',
    en: 'health, illness, disease, diagnosis, diabetes, asthma, anxiety, depression, doctor, medication, pregnancy, condition',
  },
  belief: {
    es: 'religion, creencia, creencias, fe, dios, iglesia, ateo',
    en: 'religion, belief, faith, god, church, atheist',
  },
  politics: {
    es: 'politica, partido, voto, ideologia, izquierda, derecha',
    en: 'politics, party, vote, ideology, left, right',
  },
  sexuality: {
    es: 'sexualidad, orientacion, orientacion sexual',
    en: 'sexuality, orientation, sexual orientation',
  },
  routine: {
    es: 'rutina, horario, levanto, acuesto, a que hora, habitos, costumbre',
    en: 'routine, schedule, get up, wake up, bed, what time, habits',
  },
  likes: {
    es: 'gusta, gustos, me gusta, encanta, aficiones, favorito, intereses, regalo, recomienda, recomendacion, que me gusta, ocio',
    en: 'like, likes, love, enjoy, interests, interested, taste, gift, recommend, recommendation, what do i like, into',
  },
  dislikes: {
    es: 'odio, no me gusta, detesto, no soporto, evitar, que no me gusta, disgusta',
    en: 'dislike, dislikes, hate, do not like, cannot stand, avoid, what do i hate',
  },
  prefers: {
    es: 'prefiero, preferencia, preferencias, mejor, que prefiero',
    en: 'prefer, preference, preferences, rather, what do i prefer',
  },
  hobby: {
    es: 'aficion, aficiones, hobby, hobbies, tiempo libre, deporte, deportes, instrumento, juego, toco, practico, entreno, ocio',
    en: 'hobby, hobbies, free time, spare time, sport, sports, instrument, play, practise, practice, train, pastime',
  },
  vehicle: {
    es: 'coche, auto, carro, moto, bici, bicicleta, vehiculo, conduzco, furgoneta',
    en: 'car, bike, motorbike, bicycle, vehicle, drive, van, truck',
  },
  owns: {
    es: 'tengo, mi casa, huerto, jardin, barco, negocio, posesiones',
    en: 'own, have, my house, garden, boat, business, possessions',
  },
  uses: {
    es: 'uso, ordenador, portatil, computadora, movil, telefono, sistema operativo, editor, lenguaje, programo, herramientas, version, instalar',
    en: 'use, computer, laptop, phone, operating system, os, editor, programming language, code in, tools, version, setup, install, stack',
  },
  goal: {
    es: 'objetivo, meta, aprendiendo, aprender, entrenando, plan, planes, proyecto, preparo, escribiendo, quiero, progreso',
    en: 'goal, aim, learning, learn, training, plan, plans, project, preparing, writing, want, progress',
  },
  detail: {
    es: 'mi, detalle, dato',
    en: 'my, detail',
  },
  plan: {
    es: 'plan, planes, cuando, examen, entrevista, boda, viaje, cita, agenda, calendario, tengo que, proximo, semana, manana, vacaciones',
    en: 'plan, plans, when, exam, interview, wedding, trip, appointment, agenda, calendar, schedule, upcoming, next, week, tomorrow, vacation, holiday',
  },
  happened: {
    es: 'paso, ocurrio, cuando, hice, fui, pasado, ayer, ultima vez, hace',
    en: 'happened, when, did, went, past, yesterday, last time, ago',
  },
  instruction: {
    es: 'instruccion, instrucciones, responder, responde, respuestas, siempre, nunca, estilo, tono, formato',
    en: 'instruction, instructions, answer, answers, reply, always, never, style, tone, format',
  },
  style: {
    es: 'respuestas, estilo, tono, formato, explicaciones, prefiero que respondas',
    en: 'answers, replies, style, tone, format, explanations, response',
  },
};

/** What a favourite is of, with the words for it; the last one: anything else. */
export const FAVOURITES: readonly (readonly [thing: string, es: string, en: string])[] = [
  ['colour', 'color, colores', 'colour, color, colours, colors'],
  ['food', 'comida, plato, postre, fruta, receta', 'food, dish, meal, dessert, fruit, snack'],
  ['drink', 'bebida, cerveza, vino, te, cafe', 'drink, beer, wine, tea, coffee'],
  ['book', 'libro, novela, lectura', 'book, novel'],
  ['writer', 'autor, autora, escritor, escritora, poeta', 'author, writer, poet'],
  ['film', 'pelicula, peli, film', 'film, movie'],
  ['series', 'serie, programa', 'series, show, tv show'],
  ['music', 'musica, cancion, disco, album, genero musical', 'music, song, album, genre'],
  ['band', 'grupo, banda, cantante, artista, musico', 'band, singer, artist, musician'],
  ['team', 'equipo', 'team, club'],
  ['sport', 'deporte', 'sport'],
  ['game', 'juego, videojuego', 'game, video game, videogame'],
  ['season', 'estacion, mes, epoca', 'season, month'],
  ['animal', 'animal', 'animal'],
  ['place', 'lugar, ciudad, pais, sitio, destino', 'place, city, country, destination'],
  ['subject', 'asignatura, materia', 'subject'],
  ['restaurant', 'restaurante, bar', 'restaurant, bar'],
  ['code', 'lenguaje, lenguaje de programacion', 'language, programming language'],
  ['', '', ''],
];
