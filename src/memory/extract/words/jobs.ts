import { wordSet } from './word-set.ts';

/** What a person is by trade, in Spanish; the word that leads (`ingeniera de software`). */
export const JOBS_ES = wordSet(`
  abogado abogada actor actriz administrativo administrativa agente agricultor agricultora albanil analista arquitecto arquitecta artista
  asesor asesora asistente astronomo astronoma auditor auditora auxiliar azafata azafato bailarin bailarina bibliotecario bibliotecaria
  biologo biologa bombero bombera cajero cajera camarero camarera camionero camionera cantante carnicero carnicera carpintero carpintera
  cartero cartera catedratico catedratica ceramista cerrajero chef chofer cientifico cientifica cirujano cirujana cocinero cocinera
  comadrona comercial community_manager compositor compositora conductor conductora conserje consultor consultora contable contador
  contadora coordinador coordinadora copywriter cuidador cuidadora data_scientist decorador decoradora delineante dentista dependiente
  dependienta desarrollador desarrolladora dibujante director directora disenador disenadora dj doctor doctora economista editor editora
  educador educadora electricista empleado empleada empresario empresaria enfermero enfermera enologo entrenador entrenadora escritor
  escritora escultor estilista estudiante farmaceutico farmaceutica filosofo filosofa fisico fisica fisio fisioterapeuta florista fontanero
  fontanera fotografo fotografa freelance funcionario funcionaria ganadero ganadera geologo geologa gerente gestor gestora guarda
  guardia_civil guia guionista historiador historiadora ilustrador ilustradora informatico informatica ingeniero ingeniera inspector
  inspectora interprete investigador investigadora jardinero jardinera jefe jefa joyero juez jueza librero librera limpiador limpiadora
  locutor locutora logopeda maestro maestra maquetador maquillador maquilladora maquinista marinero marketer masajista matematico
  matematica matrona mecanico mecanica medico medica militar minero misionero modelo modista monitor monitora musico musica notario notaria
  nutricionista obrero obrera odontologo odontologa oftalmologo opositor opositora optico optica orientador orientadora panadero panadera
  pastelero pastelera pediatra peluquero peluquera peon periodista pescador pianista piloto pintor pintora policia politologo portero
  portera procurador profe profesor profesora programador programadora project_manager psicologo psicologa psiquiatra publicista quimico
  quimica radiologo realizador recepcionista redactor redactora reportero reportera repostero repostera restaurador sastre secretario
  secretaria segurata senografa sociologo sociologa soldador soldado socorrista tatuador tatuadora taxista tecnico tecnica telefonista
  teleoperador teleoperadora terapeuta tester topografo tornero trabajador_social trabajadora_social traductor traductora transportista
  urologo vendedor vendedora veterinario veterinaria vigilante viticultor youtuber zapatero becario becaria emprendedor emprendedora
  opositora medica_residente consultor_freelance ama_de_casa amo_de_casa ganadero apicultor apicultora sumiller barista camarografo
  reponedor reponedora mozo_de_almacen encargado encargada operario operaria carretillero ferroviario maquinista_de_tren estibador celador celadora tcae
  auxiliar_de_enfermeria anestesista cardiologo ginecologa ginecologo traumatologo dermatologa podologo podologa ortodoncista higienista_dental protesico
  residente mir matrona quiropractico osteopata dietista coach docente profesora_particular opositora tutor tutora conductora_de_autobus
  account_manager product_manager product_owner scrum_master data_analyst data_engineer qa dev devops frontend backend full_stack fullstack ux_designer ui_designer growth
  sysadmin consultora_de_negocio dueno duena propietario propietaria copropietaria fundador fundadora cofundador cofundadora socio_fundador socia_fundadora hostelero hostelera
  comerciante feriante quiosquero kiosquero verdulero verdulera frutero frutera pescadera pescadero charcutero charcutera estanquera estanquero bedel ujier
  concejal concejala alcalde alcaldesa diputado diputada sindicalista diplomatico diplomatica embajador corrector correctora editora_de_video videografo
  montador montadora electromecanico electronico instalador instaladora fresador calderero chapista tapicero tapicera costurera modista bordadora artesano artesana orfebre
  bioquimico bioquimica oceanografa oceanografo meteorologo meteorologa arqueologo arqueologa antropologo antropologa restauradora paleontologa museologa archivera archivero
  psicopedagogo psicopedagoga pedagogo pedagoga maestranza ninera canguro empleada_domestica empleada_de_hogar cuidadora_de_ancianos limpiadora camillero paramedico paramedica
  remisero colectivero taxista_nocturno chofer_de_uber fletero peluquera_canina manicurista esteticista barbero barbera masajista_deportivo socorrista
  contadora_publica escribano escribana kinesiologo kinesiologa fonoaudiologa fonoaudiologo mucama maestra_jardinera preceptor preceptora ingeniero_agronomo agronomo agronoma
  mayordomo mesera mesero barman bartender cantinero pizzero pastelera heladero heladera catador vinatero bodeguero apicultor pastor pastora forestal guardabosques
  marino marinera capitan oficial bombera_forestal policia_nacional policia_local mosso ertzaina militar_de_carrera militar piloto_comercial controlador_aereo controladora_aerea costurero futbolista bailaor bailaora juez_de_paz
  matematico estadistico estadistica actuario actuaria corredor_de_bolsa agente_inmobiliario agente_inmobiliaria asesor_fiscal asesora_fiscal gestor_administrativo perito perita
  influencer streamer blogger guionista dramaturgo dramaturga poeta novelista cantautor cantautora dj_residente animador animadora mago payaso tramoyista utilero
  repartidor repartidora conserje tendero tendera libretista plomero plomera mesero mesera licenciado licenciada odontopediatra
`);

/** In English; the word that ends it (`senior software engineer`). */
export const JOBS_EN = wordSet(`
  accountant actor actress actuary administrator analyst animator archaeologist architect archivist artist assistant associate astronomer
  attorney auditor author baker banker barber barista bartender biologist blacksmith bookkeeper botanist bricklayer broker builder butcher
  caregiver carer carpenter cashier ceo cfo chef chemist chiropractor cleaner clerk coach composer comedian consultant contractor cook
  coordinator copywriter cto curator dancer dentist dermatologist designer detective developer dev dietitian director dj doctor driver
  economist editor educator electrician engineer entrepreneur estimator executive farmer filmmaker firefighter fisherman florist founder
  freelancer gardener geographer geologist glazier grad hairdresser handyman historian housekeeper housewife illustrator inspector
  instructor intern interpreter investor janitor jeweller jeweler journalist judge lawyer lecturer librarian lifeguard linguist locksmith
  machinist manager marketer mathematician mechanic medic microbiologist midwife miner model musician nanny neurologist novelist nurse
  nutritionist officer operator optician optometrist painter paralegal paramedic pastor pediatrician paediatrician pharmacist philosopher
  photographer physicist physician physiotherapist physio pianist pilot plumber poet policeman policewoman politician porter postdoc
  postman potter president priest principal producer professor programmer psychiatrist psychologist psychotherapist publisher radiographer
  radiologist ranger realtor receptionist recruiter reporter researcher roofer sailor salesman salesperson saleswoman scientist
  screenwriter sculptor seamstress secretary shopkeeper singer sociologist soldier solicitor specialist statistician stockbroker
  stylist student superintendent supervisor surgeon surveyor tailor teacher technician tester therapist trader trainer translator trucker
  tutor tattooist undergrad undergraduate vet veterinarian waiter waitress welder woodworker worker writer youtuber zoologist apprentice
  gp cop copper rider courier sparky barrister joiner plasterer tiler decorator fitter scaffolder caretaker childminder bouncer landscaper rancher
  dispatcher adviser advisor planner strategist stocker picker packer hairstylist beautician phlebotomist sre dba hygienist anaesthetist conductor
  violinist drummer guitarist bassist choreographer umpire referee footballer jockey farmhand shepherd fishmonger postie mailman attendant
  stewardess steward concierge headteacher headmaster paraprofessional registrar magistrate notary underwriter teller treasurer auctioneer
  agent coder blogger streamer vicar rabbi nun monk detailer upholsterer crofter gamekeeper shopfitter roadie techie
  sysadmin devops homemaker stay-at-home_mother beekeeper winemaker brewer sommelier
`);

/** What stands before a trade and is not part of a thing (`a bit of an engineer` is none). */
export const NO_TRADE = wordSet(`
  bad good great terrible horrible lousy big huge better best worst perfect natural bit lot kind sort little not such total complete
  mal buen gran peor mejor mero pesimo
`);

/** Studies and sectors that are written in lower case. */
export const FIELDS = wordSet(`
  marketing finanzas finance ventas sales it informatica tecnologia tech educacion education sanidad healthcare salud health turismo tourism
  hosteleria hospitality construccion construction banca banking seguros insurance logistica logistics publicidad advertising derecho law
  it_support tech_support data_entry admin catering childcare aged_care elder_care social_care law_enforcement recruitment procurement compliance
  landscaping plumbing warehousing telecoms web_development game_development local_government government the_public_sector the_civil_service recursos_humanos hr human_resources consultoria consulting investigacion research biotech biotecnologia fintech ciberseguridad
  cybersecurity agricultura agriculture moda fashion medios media periodismo journalism diseno design inmobiliaria real_estate retail
  comercio manufacturing energia energy renovables renewables automocion automotive aviation farmaceutica pharma politica_social
  inmobiliario rrhh textil metalurgia siderurgia mineria pesca ganaderia apicultura hotelera transporte transportes telecomunicaciones telecos teleco moda_sostenible obras_publicas artes_graficas tercer_sector economia_social gastronomia agro
  publishing ingenieria engineering software accounting contabilidad ciencia_de_datos data_science ai ia machine_learning biology
  physics chemistry academia administracion la_administracion_publica la_construccion el_campo la_hosteleria la_banca la_sanidad
  la_educacion el_sector_publico el_turismo public_health social_work music film games videojuegos gaming cine robotica robotics
  urgencias la_uci uci er icu atencion_al_cliente customer_service customer_support soporte support quality_assurance qa operations operaciones e-commerce
`);

/** Where people work: `en un hospital`, `at a bakery`. */
export const WORKPLACES = wordSet(`
  hospital banco bar restaurante tienda escuela colegio instituto universidad empresa startup fabrica oficina clinica farmacia biblioteca
  hotel agencia consultora taller bufete gestoria supermercado aeropuerto laboratorio guarderia residencia panaderia peluqueria cafeteria
  ayuntamiento museo editorial multinacional ong gimnasio notaria almacen estudio ministerio libreria cooperativa granja bodega imprenta
  departamento area seccion servicio centro centro_de_menores centro_de_dia residencia_de_ancianos asociacion fundacion academia ferreteria fruteria carniceria floristeria inmobiliaria asesoria constructora obra mina finca cocina_de_un_hotel banca_privada juzgado comisaria cuartel
  consultorio laboratorio_clinico clinica_dental clinica_veterinaria veterinaria escuela_infantil guarde cole insti uni facultad oficina_de_correos tanatorio matadero invernadero
  productora discografica emisora radio periodico canal_de_television estudio_de_arquitectura estudio_de_diseno call ferry crucero aerolinea plataforma_petrolera refineria petrolera
  maquiladora hacienda kiosco quiosco panaderia_artesanal pizzeria heladeria cerveceria discoteca casino teatro ludoteca camping albergue parador hostal spa polideportivo
  imprenta_digital centro_comercial gasolinera lavanderia tintoreria zapateria joyeria optica perfumeria jugueteria papeleria deposito planta empresa_familiar pyme obra_social
  ambulatorio centro_de_salud call_center despacho concesionario
  bank shop store restaurant school university college company startup start-up factory office clinic pharmacy library agency consultancy
  firm workshop supermarket airport lab laboratory nursery bakery salon cafe museum charity nonprofit non-profit gym warehouse studio farm
  winery hospice bookstore bookshop garage law_firm hospital pub brewery theatre theater kindergarten preschool council government navy army police civil_service post_office food_bank care_home nursing_home primary
  high_school dairy_farm building_site call_centre call_center fintech bank_branch gp_surgery surgery vet_clinic school_district
`);
