import { wordSet } from './word-set.ts';

export const SPORTS = wordSet(`
  futbol baloncesto tenis padel natacion ciclismo atletismo yoga pilates crossfit escalada senderismo boxeo judo karate kickboxing surf esqui snowboard
  patinaje voleibol balonmano rugby golf remo vela buceo equitacion esgrima gimnasia ballet baile danza zumba running triatlon correr nadar
  caminar andar_en_bici bici bicicleta bici_de_montana montana escalar musculacion pesas deporte meditacion taekwondo capoeira parkour spinning
  teatro ceramica costura ganchillo punto bailar trekking excursiones pescar pesca caza bailar_salsa salsa bachata artes_marciales calistenia
  triatlones maratones medias_maratones carreras_populares ultras gym gimnasio kitesurf windsurf paddle_surf piraguismo kayak aikido esgrima jiu_jitsu muay_thai mma krav_maga tiro_con_arco bolos petanca halterofilia powerlifting crossfit patinaje_artistico skate longboard barranquismo espeleologia parapente submarinismo snorkel marcha_nordica trail trail_running orientacion
  pintura dibujo acuarela ebanisteria carpinteria bricolaje jardineria patchwork macrame encuadernacion origami modelismo maquetismo astronomia aeromodelismo ornitologia micologia caligrafia coro canto flamenco sevillanas tango swing lindy_hop salsa_cubana danza_contemporanea danza_del_vientre bailes_de_salon aquagym hipopresivos barre hiit hockey waterpolo futbol_sala futbito fulbito pickleball squash badminton frontenis pelota ciclismo_de_montana gravel rugby_tag atletismo_popular ganchillo
  voluntariado fotografia
  football soccer basketball tennis paddle swimming cycling athletics climbing bouldering hiking boxing surfing skiing snowboarding skating
  volleyball handball rowing sailing diving scuba_diving horse_riding horseback_riding fencing gymnastics dance dancing jogging triathlon
  triathlons weightlifting meditation martial_arts jiu-jitsu jiu_jitsu bjj mountain_biking biking kayaking canoeing fishing hunting camping birdwatching
  pottery photography knitting woodworking gardening volunteer_work calisthenics baseball cricket hockey badminton squash archery running
`);
export const ACTIVITIES = wordSet(`
  ajedrez videojuegos cartas poker rol juegos_de_mesa golf petanca dardos billar ping_pong tenis_de_mesa lol fortnite minecraft fifa zelda play
  chess video_games videogames board_games cards poker dungeons d&d darts pool table_tennis ping-pong ultimate_frisbee frisbee softball
  lacrosse pickleball games guitarra ingles italiano frances aleman japones cocina pintura dibujo canto salsa
`);
export const INSTRUMENTS = wordSet(`
  guitarra piano violin bateria bajo saxofon saxo flauta trompeta violonchelo chelo ukelele clarinete acordeon arpa gaita teclado cajon percusion
  guitarra_electrica guitarra_espanola viola contrabajo armonica
  guitar piano violin drums bass saxophone sax flute trumpet cello ukulele clarinet accordion harp banjo bagpipes keyboard viola trombone
  electric_guitar bass_guitar acoustic_guitar double_bass harmonica mandolin oboe
`);
export const VEHICLES = wordSet(`
  coche auto carro moto bici bicicleta furgoneta furgo patinete seat renault peugeot citroen ford toyota tesla volkswagen bmw audi mercedes
  opel kia hyundai nissan dacia fiat mazda honda skoda volvo vespa camper autocaravana electrico scooter
  car motorbike motorcycle bike bicycle van truck suv pickup chevrolet chevy subaru jeep lexus e-bike hybrid prius campervan camper_van
  golf corsa clio civic corolla
`);
export const POSSESSIONS = wordSet(`
  acuario huertito taller taller_mecanico ferreteria cafeteria clinica clinica_dental clinica_veterinaria consultorio despacho gimnasio hostal hotel gestoria asesoria inmobiliaria fruteria carniceria floristeria kiosco quiosco emprendimiento tienda_online empresa marca_de_ropa estudio_de_tatuajes estudio_de_yoga escuela_de_idiomas food_truck pizzeria heladeria cerveceria bodega vinedo olivos olivar gallinero colmenas barberia centro_de_estetica almacen_de_materiales agencia_de_viajes agencia
  thermomix freidora_de_aire airfryer placas_solares paneles_solares chimenea caldera caravana camper piscina_desmontable ps5 ps4 xbox nintendo_switch raspberry_pi raspberry kindle roomba impresora_laser maquina_de_coser bici_estatica cinta_de_correr patinete_electrico moto_electrica dron guitarra_electrica telescopio_pequeno robot_de_cocina panificadora camara_reflex terreno parcela masia cortijo rancho chacra quinta
  huerto jardin barco velero restaurante bar tienda panaderia peluqueria academia canal_de_youtube blog podcast empresa_propia startup finca
  casa_en casa_con piso_en casa_rural negocio granja libreria impresora_3d piscina piano_de_cola terraza invernadero telescopio
  air_fryer instant_pot slow_cooker microwave kindle ps5 ps4 xbox nintendo_switch steam_deck dishwasher balcony conservatory hot_tub bread_maker
  stand_mixer pressure_cooker wood_burner sewing_machine drone playstation standing_desk treadmill log_burner
  garden vegetable_garden boat sailboat restaurant bakery shop store youtube_channel blog podcast farm bookstore small_business
  business vineyard cabin holiday_home summer_house 3d_printer greenhouse telescope swimming_pool allotment food_truck
`);
export const ALLERGENS = wordSet(`
  nuts nut peanut tree_nut shellfish pollen cat dog dairy milk egg soy wheat gluten lactose penicillin latex dust bee seafood fish sesame mold
`);
export const SCHOOL_SUBJECTS = wordSet(`
  mates matematicas fisica quimica biologia historia geografia lengua literatura filosofia musica arte dibujo tecnologia religion educacion_fisica plastica economia informatica piano guitarra canto violin baile danza salsa tenis padel natacion cocina ceramica costura pintura teatro primaria infantil secundaria apoyo
  maths math mathematics physics chemistry biology history geography music art philosophy literature yoga pilates dance programming computer_science
  economics pe creative_writing english_literature drama science sciences ict sociology psychology piano guitar violin swimming ballet pottery
  year_1 year_2 year_3 year_4 year_5 year_6 fourth_grade fifth_grade sixth_grade kindergarten preschool primary_school high_school third_grade second_grade first_grade
`);
/** Said without being asked, these are had for years. */
export const BELONGINGS = wordSet(`
  tent camera dslr mirrorless_camera telescope laptop desktop pc gaming_pc tablet printer nas raspberry_pi home_server espresso_machine coffee_machine
  coffee_maker grinder cast_iron cast_iron_pan cast_iron_skillet dutch_oven blender food_processor mixer grill bbq barbecue wok rice_cooker freezer gas_stove
  gas_hob induction_hob induction_cooktop patio pool hot_tub rowing_machine exercise_bike dumbbells kettlebell kettlebells barbell home_gym squat_rack
  surfboard skis kayak canoe paddleboard campervan caravan motorhome tractor chainsaw workshop shed garage lathe loom kiln projector record_player turntable
  synth synthesizer guitar piano violin keyboard ukulele drum_kit bass cello motorcycle motorbike scooter road_bike mountain_bike gravel_bike electric_car
  smart_tv smartwatch headphones vr_headset gaming_laptop switch steam_deck quest air_con dehumidifier robot_vacuum roomba solar_panels heat_pump
  fireplace wood_stove veg_patch raised_beds polytunnel compost_bin rooftop_terrace pizza_oven waffle_iron sous_vide bread_machine pasta_machine
`);
